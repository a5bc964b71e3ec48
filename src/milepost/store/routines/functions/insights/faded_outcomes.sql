-- Outcome actions that still count on a day, weighted by impact and halving like points; null where there is none yet.
create or replace function milepost.faded_outcomes(customer text, as_of date) returns double precision
language sql stable as $$
  with r as materialized (
    select rules -> 'weights' as weights, (rules #>> '{scoring,half_life_days}')::double precision as half_life
    from milepost.plans where plan_version = milepost.plan_of(customer)
  )
  select sum((r.weights ->> a.business_impact)::double precision * 2 ^ greatest(-(as_of - a.day) / r.half_life, -900)
    order by a.day, a.action_id)
  from r cross join milepost.outcomes_of(array[customer]) as a
  where a.day <= as_of
$$;
