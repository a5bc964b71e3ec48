-- Whom playbooks would have picked in the past, and what came of them. replay.py asks these; docs/coach.md.

-- name: bounds
-- The days there is anything of, today left out as it is not over.
select min(day) as first, max(day) as last from milepost.customer_days where day < %(today)s

-- name: customers
-- As many as are wanted, in an order that has nothing to do with anything else about them.
select customer_id from milepost.standing where first_event_at is not null
order by md5(customer_id), customer_id limit %(most)s

-- name: past
-- A row for each of these customers and days on or after the customer's first: what was known at the end of the day, in
-- the names of `standing` (facts.sql), from the days up to then; and what came in the days after.
select s.customer_id, i.as_of,
  i.current_scaling_score, i.score_coverage, i.components as score_components, i.systematic_progression_rate,
  i.professional_credibility_trend, i.points_last_14_days, i.points_14_days_before, i.active_weeks,
  i.inconsistent_system_usage, i.low_business_impact_actions, i.low_impact_share, i.competencies as competency_scores,
  milepost.weakest(i.competencies) as weakest_competency,
  d.*, coalesce(t.tools, '{}') as tools, o.total_actions,
  i.as_of - (s.first_event_at at time zone 'UTC')::date as days_since_first_event,
  i.as_of - d.last_day as days_since_last_activity, i.as_of - o.last_day as days_since_last_action,
  p.active_days as active_days_28, p.missed_days,
  case when p.usual_days is not null then greatest(1, floor(p.usual_days + 0.5))::integer end as usual_active_days,
  n.came, n.points as points_after
from milepost.standing s
cross join lateral milepost.insights_days(s.customer_id, array(
  select day from unnest(%(days)s::date[]) as a(day)
  where day >= (s.first_event_at at time zone 'UTC')::date)) as i
cross join lateral milepost.own_past(s.customer_id, i.as_of) as p
cross join lateral (
  select sum(events)::float8 as total_events, sum(exports)::float8 as total_exports_generated,
    sum(resources_created)::float8 as total_resources_created, sum(resources_shared)::float8 as total_resources_shared,
    sum(milestones)::float8 as total_milestones, sum(points)::float8 as total_points,
    sum(high_impact)::float8 as high_impact_events, sum(medium_impact)::float8 as medium_impact_events,
    sum(low_impact)::float8 as low_impact_events, sum(credibility)::float8 as professional_credibility,
    substr(max(growth_stage_latest), 57) as growth_stage, max(day) as last_day,
    max(day) filter (where exports > 0) as exports, max(day) filter (where resources_created > 0) as resources_created,
    max(day) filter (where resources_shared > 0) as resources_shared, max(day) filter (where milestones > 0) as milestones,
    coalesce(sum(points) filter (where day > i.as_of - %(after)s), 0)::float8 as points_before
  from milepost.customer_days where customer_id = s.customer_id and day <= i.as_of) as d
left join lateral (
  select jsonb_object_agg(tool, last_day) as tools from (
    select tool, max(day) as last_day from milepost.customer_days cross join lateral unnest(tools) as tool
    where customer_id = s.customer_id and day <= i.as_of group by 1) as by_tool) as t on true
cross join lateral (
  select count(*)::float8 as total_actions, max(("timestamp" at time zone 'UTC')::date) as last_day
  from public.customer_actions where customer_id = s.customer_id and deleted_at is null
    and "timestamp" < (i.as_of + 1)::timestamp at time zone 'UTC') as o
cross join lateral (
  select count(*) > 0 as came, coalesce(sum(points), 0)::float8 as points
  from milepost.customer_days
  where customer_id = s.customer_id and day > i.as_of and day <= i.as_of + %(after)s) as n
where s.customer_id = any (%(customers)s)
