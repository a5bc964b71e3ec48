-- A customer's points that still count on a day, by competency: each halves every half_life_days.
-- score = 100 * (1 - exp(-faded / saturation_points)).
create or replace function milepost.competency_scores(customer text, as_of date)
returns table (competency text, points bigint, faded double precision, score double precision, last_day date)
language sql stable as $$
  -- Read once, not for every day of points.
  with r as materialized (
    select rules -> 'competencies' as competencies,
      (rules #>> '{scoring,half_life_days}')::double precision as half_life,
      (rules #>> '{scoring,saturation_points}')::double precision as saturation
    from milepost.plans where plan_version = milepost.plan_of(customer)
  )
  select c.id, coalesce(d.points, 0)::bigint, coalesce(d.faded, 0),
    100 * (1 - exp(-least(coalesce(d.faded, 0) / r.saturation, 700))), d.last_day
  from r
  cross join lateral jsonb_array_elements_text(r.competencies) with ordinality as c(id, place)
  left join lateral (
    select sum(points::float8) as points, max(day) as last_day,
      -- Ordered, so that the same days always add up to the same last bit.
      -- PostgreSQL refuses numbers too near to 0, so what is that small stops there.
      sum(points * 2 ^ greatest(-(as_of - day) / r.half_life, -900) order by day) as faded
    from milepost.competency_days
    where customer_id = customer and competency_days.competency = c.id and day <= as_of) as d on true
  order by c.place
$$;
