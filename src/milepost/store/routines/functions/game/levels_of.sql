-- Each customer's level in each of the plan's competencies; `place` is the plan's order, reached_on null at level 0.
create or replace function milepost.levels_of(customers text[], as_of date)
returns table (customer_id text, place bigint, competency text, points bigint, level integer, reached_on date)
language sql stable as $$
  with climb as materialized (
    select * from milepost.competency_climb(customers, as_of)
  ),
  tops as (
    select k.customer_id, k.competency, max(k.points) as points from climb k group by 1, 2
  ),
  reached as (
    select k.customer_id, k.competency, s.level, min(k.day) as reached_on
    from climb k join milepost.level_steps() as s on k.points >= s.points group by 1, 2, 3
  ),
  highest as (
    select distinct on (r.customer_id, r.competency) r.* from reached r
    order by r.customer_id, r.competency, r.level desc
  )
  select c.customer_id, x.place, x.item ->> 'id', coalesce(t.points, 0), coalesce(h.level, 0), h.reached_on
  from (select distinct unnest(customers)) as c(customer_id)
  cross join milepost.plan p
  cross join lateral jsonb_array_elements(p.document -> 'competencies') with ordinality as x(item, place)
  left join tops t on t.customer_id = c.customer_id and t.competency = x.item ->> 'id'
  left join highest h on h.customer_id = c.customer_id and h.competency = x.item ->> 'id'
$$;
