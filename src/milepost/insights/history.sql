-- A customer's insights day by day, and how far a new plan has come. Loaded by name (history.py).

-- name: history
-- The days of the customer's own plan version, oldest first. A past day is as it was written (an event that expired since
-- was there), up to the first that changed since; from there on it is worked out. What is not written always is.
with mine as materialized (
  select s.customer_id, n.number, s.plan_version, (s.first_event_at at time zone 'UTC')::date as first_day,
    least(n.history_from, s.changed_from, n.day) as written_before
  from milepost.standing s left join milepost.snapshots n using (customer_id) where s.customer_id = %(customer_id)s
),
written as materialized (
  select d.* from mine m join milepost.insight_days d on d.customer = m.number and d.plan_version = m.plan_version
  where d.day >= %(start)s and d.day <= %(end)s and d.day < m.written_before
),
days as materialized (
  select day::date from mine m cross join lateral generate_series(
    greatest(m.first_day, %(start)s::date, %(oldest)s::date)::timestamp,
    least(%(end)s::date, %(today)s::date)::timestamp, interval '1 day') as day
  where m.first_day is not null
  union
  select day from written
)
select i.as_of as day, i.current_scaling_score, i.score_coverage, i.components as score_components,
  i.systematic_progression_rate, i.professional_credibility_trend, i.points_last_14_days, i.points_14_days_before,
  i.active_weeks, i.inconsistent_system_usage, i.low_business_impact_actions, i.low_impact_share,
  coalesce(i.competencies, '{}') as competency_scores, to_jsonb(d) as narrow
from mine m
cross join lateral milepost.insights_days(m.customer_id, array(select day from days)) as i
left join written w on w.day = i.as_of
cross join lateral (
  select w.* where w.day is not null
  union all
  select * from milepost.narrow_day(m.number, m.plan_version, i.as_of, i.current_scaling_score, i.components,
    i.systematic_progression_rate, i.professional_credibility_trend, i.inconsistent_system_usage,
    i.low_business_impact_actions, null)
  where w.day is null) as d
order by i.as_of

-- name: old_history
-- The days of a version before, as they were written; what is not written, from the events that are left, by the points
-- of that version.
with rules as materialized (
  select rules -> 'competencies' as competencies, (rules #>> '{scoring,half_life_days}')::double precision as half_life,
    (rules #>> '{scoring,saturation_points}')::double precision as saturation
  from milepost.plans where plan_version = %(plan_version)s
),
worth as materialized (
  select (e."timestamp" at time zone 'UTC')::date as day, e.competency_area as competency, sum(p.points) as points
  from public.behavior_events e
  join milepost.plan_points p on p.plan_version = %(plan_version)s and p.event_type = e.event_type
    and p.impact = e.business_impact
  where e.customer_id = %(customer_id)s and milepost.counts(e) and not e.event_metadata ? 'recommendation_id'
  group by 1, 2
)
select d.day, p.points_last_14_days, p.points_14_days_before, u.active_weeks, u.low_impact_share,
  coalesce(c.scores, '{}') as competency_scores, to_jsonb(d) as narrow
from milepost.snapshots n
join milepost.insight_days d on d.customer = n.number and d.plan_version = %(plan_version)s
cross join rules r
cross join lateral (
  select coalesce(sum(points) filter (where day > d.day - 14), 0)::bigint as points_last_14_days,
    coalesce(sum(points) filter (where day <= d.day - 14), 0)::bigint as points_14_days_before
  from worth where worth.day > d.day - 28 and worth.day <= d.day) as p
cross join lateral (
  select count(distinct (d.day - k.day) / 7)::integer as active_weeks,
    (sum(k.low_impact::float8) filter (where k.day > d.day - 28)
      / nullif(sum(k.events) filter (where k.day > d.day - 28), 0))::float8 as low_impact_share
  from milepost.customer_days k
  where k.customer_id = n.customer_id and k.day > d.day - 56 and k.day <= d.day) as u
cross join lateral (
  select jsonb_object_agg(x.id, 100 * (1 - exp(-least(coalesce(f.faded, 0) / r.saturation, 700)))) as scores
  from jsonb_array_elements_text(r.competencies) as x(id)
  left join lateral (
    select sum(w.points * 2 ^ greatest(-(d.day - w.day) / r.half_life, -900) order by w.day) as faded
    from worth w where w.competency = x.id and w.day <= d.day) as f on true) as c
where n.customer_id = %(customer_id)s and d.day >= %(start)s and d.day <= %(end)s
order by d.day

-- name: weights
-- The parts' weights in a plan version, and how many days the plan in force remembers.
select v.rules #> '{scoring,components}' as weights, (p.document #>> '{history,days}')::integer as history
from milepost.plans v cross join milepost.plan p where v.plan_version = %(plan_version)s

-- name: versions
-- The plan versions there is a history of, newest first.
select p.plan_version, p.score_version, p.applied_at, p.plan_version = milepost.plan_of(%(customer_id)s) as is_current
from milepost.plans p
where exists (
  select from milepost.snapshots n join milepost.insight_days d on d.customer = n.number
  where n.customer_id = %(customer_id)s and d.plan_version = p.plan_version)
  or p.plan_version = milepost.plan_of(%(customer_id)s)
order by p.plan_version desc

-- name: known
-- Whether there is such a customer.
select exists (select from milepost.standing where customer_id = %(customer_id)s) as known

-- name: plan
-- The plan in force.
select p.plan_version, p.applied_at, p.document ->> 'name' as name, v.score_version
from milepost.plan p join milepost.plans v using (plan_version)

-- name: plans
-- Every version there was, newest first.
select plan_version, score_version, applied_at, plan_version = milepost.current_plan() as is_current
from milepost.plans order by plan_version desc

-- name: progress
-- How many customers there are, how many the plan in force has reached, and how many wait to be settled.
select count(*) as customers, count(*) filter (where plan_version = milepost.current_plan()) as rescored,
  count(*) filter (where unsettled) as unsettled
from milepost.standing
