-- Whether the standing kept beside the events is what the events say; of customers whose events are just moving to
-- another, it says so when they have. Loaded by name (verify.py).

-- name: days
-- UTC days on which a customer's sums differ from those of their events, and how many customers that concerns.
with contributions as (
  select c.* from public.behavior_events e cross join lateral milepost.contribution(e) as c
),
again as (
  select customer_id, day, min(at) as first_event_at, max(at) as last_event_at,
    max(at) filter (where session_id is not null) as last_session_at, count(*) as events, sum(exports) as exports,
    sum(resources_created) as resources_created, sum(resources_shared) as resources_shared,
    sum(milestones) as milestones, sum(high_impact) as high_impact, sum(medium_impact) as medium_impact,
    sum(low_impact) as low_impact, sum(points) as points, sum(credibility) as credibility,
    coalesce(array_agg(distinct tool_id collate "C") filter (where tool_id is not null), '{}') as tools,
    max((recency || current_arr) collate "C") as current_arr_latest,
    max((recency || target_arr) collate "C") as target_arr_latest,
    max((recency || growth_stage) collate "C") as growth_stage_latest
  from contributions group by 1, 2
),
kept as (
  select customer_id, day, first_event_at, last_event_at, last_session_at, events, exports, resources_created,
    resources_shared, milestones, high_impact, medium_impact, low_impact, points, credibility, tools,
    current_arr_latest, target_arr_latest, growth_stage_latest from milepost.customer_days
)
select coalesce(a.day, k.day)::text as day, count(*) as customers
from again a full join kept k on a.customer_id = k.customer_id and a.day = k.day
where to_jsonb(a) is distinct from to_jsonb(k) and not milepost.is_left(coalesce(a.customer_id, k.customer_id))
group by 1 order by 1

-- name: competencies
-- The same for the points of each competency.
select coalesce(a.day, k.day)::text as day, count(*) as customers
from (
  select c.customer_id, c.competency, c.day, sum(c.points) as points
  from public.behavior_events e cross join lateral milepost.contribution(e) as c
  where c.competency is not null and c.points > 0 group by 1, 2, 3) as a
full join milepost.competency_days k
  on a.customer_id = k.customer_id and a.competency = k.competency and a.day = k.day
where a.points is distinct from k.points and not milepost.is_left(coalesce(a.customer_id, k.customer_id))
group by 1 order by 1

-- name: sessions
-- The same for sessions, by the day each begins.
with again as (
  select c.customer_id, c.session_id, min(c.at) as started_at, max(c.at) as ended_at, count(*) as events,
    sum(c.exports) as exports, sum(c.points) as points,
    coalesce(array_agg(distinct c.tool_id collate "C") filter (where c.tool_id is not null), '{}') as tools
  from public.behavior_events e cross join lateral milepost.contribution(e) as c
  where c.session_id is not null group by 1, 2
),
kept as (
  select customer_id, session_id, started_at, ended_at, events, exports, points, tools from milepost.sessions
)
select (coalesce(a.started_at, k.started_at) at time zone 'UTC')::date::text as day,
  count(distinct coalesce(a.customer_id, k.customer_id)) as customers
from again a full join kept k on a.customer_id = k.customer_id and a.session_id = k.session_id
where to_jsonb(a) is distinct from to_jsonb(k) and not milepost.is_left(coalesce(a.customer_id, k.customer_id))
group by 1 order by 1

-- name: private_outcomes
-- The same for what private outcomes are worth, by the day of each.
select coalesce(a.day, k.day)::text as day, count(distinct coalesce(a.customer_id, k.customer_id)) as customers
from (
  select action_id, customer_id::text, ("timestamp" at time zone 'UTC')::date as day, business_impact::text,
    md5(competency_area) as competency_mark
  from public.customer_actions where private and role = 'outcome' and deleted_at is null) as a
full join milepost.private_outcomes k using (action_id)
where (a.customer_id, a.day, a.business_impact, a.competency_mark)
  is distinct from (k.customer_id, k.day, k.business_impact, k.competency_mark)
group by 1 order by 1

-- name: totals
-- Customers whose totals differ from what their days and sessions add up to.
select count(*) as customers
from milepost.standing s
full join (
  select customer_id, sum(events) as events, sum(points) as points, sum(exports) as exports,
    sum(milestones) as milestones, sum(credibility) as credibility, max(last_event_at) as last_event_at
  from milepost.customer_days group by 1) as d on s.customer_id = d.customer_id
left join (select customer_id, count(*) as sessions from milepost.sessions group by 1) as b
  on b.customer_id = coalesce(s.customer_id, d.customer_id)
where (s.total_events, s.total_points, s.total_exports_generated, s.total_milestones, s.professional_credibility,
    s.total_sessions, s.last_event_at)
  is distinct from (coalesce(d.events, 0), coalesce(d.points, 0), coalesce(d.exports, 0), coalesce(d.milestones, 0),
    coalesce(d.credibility, 0), coalesce(b.sessions, 0), d.last_event_at)

-- name: size
-- What was compared.
select count(*) as customer_days, count(distinct customer_id) as customers from milepost.customer_days

-- name: snapshots
-- Settled customers whose snapshot is not what their insights are on its day, and those that have none.
select count(*) as customers
from milepost.standing s
left join milepost.snapshots n using (customer_id)
left join lateral milepost.insights_on(s.customer_id, n.day) as i on n.day is not null
left join lateral milepost.own_past(s.customer_id, n.day) as p on n.day is not null
where not s.unsettled and (n.customer_id is null or n.plan_version = s.plan_version
  and (n.current_scaling_score, n.score_coverage, n.score_components, n.systematic_progression_rate,
    n.professional_credibility_trend, n.active_weeks, n.low_impact_share, n.competency_scores, n.active_days,
    n.usual_days, n.missed_days)
  is distinct from (i.current_scaling_score, i.score_coverage, i.components, i.systematic_progression_rate,
    i.professional_credibility_trend, i.active_weeks, i.low_impact_share, i.competencies, p.active_days, p.usual_days,
    p.missed_days))
