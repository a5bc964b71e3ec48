-- Takes an id out of the segments that name it: they ask for "(erased)" from then on, who is nobody. A customer is named
-- by its id or a search for it, a person by a trait of a customer as well.
create or replace function milepost.forget_in_segments(of text, whose text) returns void
language sql as $$
  update milepost.segments s set updated_at = now(), conditions = (
    select jsonb_agg(
      case when c -> 'values' ? whose and names then jsonb_set(c, '{values}', (
        select jsonb_agg(case when v = to_jsonb(whose) then to_jsonb('(erased)'::text) else v end order by at)
        from jsonb_array_elements(c -> 'values') with ordinality as x (v, at)))
      else c end order by place)
    from jsonb_array_elements(s.conditions) with ordinality as y (c, place)
    cross join lateral (
      select c ->> 'field' in ('customer_id', 'search') or of = 'person' and c ->> 'field' like 'trait.%' as names) as n)
  where exists (
    select from jsonb_array_elements(s.conditions) as c
    where c -> 'values' ? whose
      and (c ->> 'field' in ('customer_id', 'search') or of = 'person' and c ->> 'field' like 'trait.%'))
$$;
