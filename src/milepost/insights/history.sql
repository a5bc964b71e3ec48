-- A customer's insights day by day, and how far a new plan has come. Loaded by name (history.py).

-- name: history
-- The days of one plan version, oldest first.
select day, current_scaling_score, score_coverage, score_components, systematic_progression_rate,
  professional_credibility_trend, points_last_14_days, points_14_days_before, active_weeks, inconsistent_system_usage,
  low_business_impact_actions, low_impact_share, competency_scores
from milepost.insight_days
where customer_id = %(customer_id)s and plan_version = %(plan_version)s and day >= %(start)s and day <= %(end)s
order by day

-- name: versions
-- The plan versions there is a history of, newest first.
select p.plan_version, p.score_version, p.applied_at, p.plan_version = milepost.plan_of(%(customer_id)s) as is_current
from milepost.plans p
where exists (
  select from milepost.insight_days d where d.customer_id = %(customer_id)s and d.plan_version = p.plan_version)
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
