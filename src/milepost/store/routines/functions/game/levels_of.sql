-- Each customer's level in each of the plan's competencies; `place` is the plan's order, reached_on null at level 0.
create or replace function milepost.levels_of(customers text[], as_of date)
returns table (customer_id text, place bigint, competency text, points bigint, level integer, reached_on date)
language sql stable as $$
  with climb as (
    -- A line a level that was reached; the highest is the one, as points only rise.
    select distinct on (k.customer_id, k.competency) k.customer_id, k.competency, k.level, min(k.day) as reached_on,
      max(k.points) as points
    from milepost.competency_climb(customers, as_of) as k
    group by k.customer_id, k.competency, k.level order by k.customer_id, k.competency, k.level desc
  )
  select c.customer_id, x.place, x.item ->> 'id', coalesce(k.points, 0), coalesce(k.level, 0),
    case when k.level > 0 then k.reached_on end
  from (select distinct unnest(customers)) as c(customer_id)
  cross join milepost.plan p
  cross join lateral jsonb_array_elements(p.document -> 'competencies') with ordinality as x(item, place)
  left join climb k on k.customer_id = c.customer_id and k.competency = x.item ->> 'id'
$$;
