-- A competency's points day by day, added up, for the plan's competencies, and the level they reach. What is added up is
-- whole, and small enough for double precision, which is quicker than numeric.
create or replace function milepost.competency_climb(customers text[], as_of date)
returns table (customer_id text, competency text, day date, points bigint, level integer)
language sql stable as $$
  with thresholds as materialized (
    select array_agg(l.points::float8 order by l.points) as points from milepost.level_thresholds() as l
  )
  select k.customer_id, k.competency, k.day, k.points::bigint, coalesce(width_bucket(k.points, t.points), 0)
  from (
    select d.customer_id, d.competency, d.day,
      sum(d.points::float8) over (partition by d.customer_id, d.competency order by d.day) as points
    from milepost.competency_days d
    where d.customer_id = any (customers) and d.day <= as_of and d.competency in (
      select item ->> 'id' from milepost.plan, jsonb_array_elements(document -> 'competencies') as item)) as k
  cross join thresholds t
$$;
