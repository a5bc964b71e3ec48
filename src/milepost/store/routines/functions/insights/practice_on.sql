-- A customer's practice and results on a day: one row for each competency of the plan, and one without a competency for
-- all of them together. practice = the competency score; results = 100 * (1 - exp(-faded / outcome_saturation)).
create or replace function milepost.practice_on(customer text, as_of date)
returns table (
  competency text, practice double precision, results double precision, points bigint, faded_points double precision,
  outcomes bigint, faded_outcomes double precision, last_outcome date)
language sql stable as $$
  with rules as materialized (
    select document #> '{points,weight}' as weights,
      (document #>> '{scoring,half_life_days}')::double precision as half_life,
      coalesce((document #>> '{scoring,outcome_saturation}')::double precision, 6) as saturation
    from milepost.plans where plan_version = milepost.plan_of(customer)
  ),
  outcomes as materialized (
    select a.competency_area, a.action_id, a.day,
      -- PostgreSQL takes a number too small for it for a mistake, here and in exp() below.
      (r.weights ->> a.business_impact)::double precision * 2 ^ greatest(-(as_of - a.day) / r.half_life, -900) as counts
    from rules r cross join (
      select action_id, competency_area, business_impact, ("timestamp" at time zone 'UTC')::date as day
      from public.customer_actions
      where customer_id = customer and role = 'outcome' and deleted_at is null) as a
    where a.day <= as_of
  ),
  skills as materialized (
    select * from milepost.competency_scores(customer, as_of)
      with ordinality as s(competency, points, faded, score, last_day, place)
  )
  select competency, practice, results, points, faded_points, outcomes, faded_outcomes, last_outcome from (
    select s.place, s.competency, s.score as practice,
      100 * (1 - exp(-least(coalesce(o.faded, 0) / r.saturation, 700))) as results,
      s.points, s.faded as faded_points, coalesce(o.outcomes, 0) as outcomes, coalesce(o.faded, 0) as faded_outcomes,
      o.last_outcome
    from rules r cross join skills s
    left join (
      -- Ordered, so that the same outcomes always add up to the same last bit.
      select competency_area, count(*) as outcomes, sum(counts order by day, action_id) as faded,
        max(day) as last_outcome
      from outcomes group by 1) as o on o.competency_area = s.competency
    union all
    select 0, null, coalesce(s.practice, 0), 100 * (1 - exp(-least(coalesce(o.faded, 0) / r.saturation, 700))),
      coalesce(s.points, 0)::bigint, coalesce(s.faded, 0), o.outcomes, coalesce(o.faded, 0), o.last_outcome
    from rules r
    cross join (select avg(score) as practice, sum(points) as points, sum(faded) as faded from skills) as s
    cross join (
      select count(*) as outcomes, sum(counts order by day, action_id) as faded, max(day) as last_outcome
      from outcomes) as o) as both_kinds
  order by place
$$;
