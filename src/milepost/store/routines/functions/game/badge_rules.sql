-- The plan's badges, in its order. Without a number of its own a badge is for all of them; 0 of them earn nothing.
create or replace function milepost.badge_rules()
returns table (place bigint, badge_id text, metric text, at_least bigint, competency text, tool text, level integer)
language sql stable as $$
  select b.place, b.item ->> 'id', b.item ->> 'metric',
    coalesce((b.item ->> 'at_least')::bigint, nullif(jsonb_array_length(p.document -> case b.item ->> 'metric'
      when 'tools' then 'tools' else 'competencies' end), 0)),
    b.item ->> 'competency', b.item ->> 'tool', (b.item ->> 'level')::integer
  from milepost.plan p
  cross join lateral jsonb_array_elements(p.document -> 'badges') with ordinality as b(item, place)
$$;
