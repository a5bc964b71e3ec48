-- A customer's results on a day, where there are outcomes: a row for each competency they are of, and one without a
-- competency for all of them. results = 100 * (1 - exp(-faded / outcome_saturation)).
create or replace function milepost.results_on(customer text, as_of date)
returns table (competency text, is_whole boolean, outcomes bigint, faded double precision, last_outcome date,
  results double precision)
language sql stable as $$
  with rules as materialized (
    select rules -> 'weights' as weights, (rules #>> '{scoring,half_life_days}')::double precision as half_life,
      coalesce((rules #>> '{scoring,outcome_saturation}')::double precision, 6) as saturation
    from milepost.plans where plan_version = milepost.plan_of(customer)
  )
  select o.competency, o.is_whole, o.outcomes, o.faded, o.last_outcome,
    -- PostgreSQL takes a number too small for it for a mistake, here and below.
    100 * (1 - exp(-least(o.faded / r.saturation, 700)))
  from rules r cross join lateral (
    select a.competency, grouping(a.competency) = 1 as is_whole, count(*) as outcomes,
      -- Ordered, so that the same outcomes always add up to the same last bit.
      sum((r.weights ->> a.business_impact)::double precision * 2 ^ greatest(-(as_of - a.day) / r.half_life, -900)
        order by a.day, a.action_id) as faded,
      max(a.day) as last_outcome
    from milepost.outcomes_of(array[customer]) as a
    where a.day <= as_of
    group by grouping sets ((a.competency), ())
    having count(*) > 0) as o
$$;
