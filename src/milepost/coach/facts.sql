-- What is known of a batch of customers when the coach looks at them.

-- name: standing
-- A row a customer: the snapshot, the totals, and when each tool and each counted kind was last used.
select s.customer_id,
  n.current_scaling_score, n.score_coverage, n.score_components, n.systematic_progression_rate,
  n.professional_credibility_trend, n.points_last_14_days, n.points_14_days_before, n.active_weeks,
  n.inconsistent_system_usage, n.low_business_impact_actions, n.low_impact_share, n.competency_scores,
  n.weakest_competency,
  s.total_events, s.total_sessions, s.total_tool_sessions, s.total_exports_generated, s.total_resources_created,
  s.total_resources_shared, s.total_milestones, s.total_points, s.total_actions, s.high_impact_events,
  s.medium_impact_events, s.low_impact_events, s.professional_credibility,
  substr(s.growth_stage_latest, 57) as growth_stage,
  %(today)s - (s.first_event_at at time zone 'UTC')::date as days_since_first_event,
  greatest(0, floor(extract(epoch from %(now)s - s.last_event_at) / 86400))::integer as days_since_last_activity,
  greatest(0, floor(extract(epoch from %(now)s - s.last_action_at) / 86400))::integer as days_since_last_action,
  coalesce(t.tools, '{}') as tools, d.exports, d.resources_created, d.resources_shared, d.milestones,
  n.active_days as active_days_28, n.missed_days, case when n.usual_days is not null then greatest(1, floor(n.usual_days + 0.5))::integer end as usual_active_days
from milepost.standing s
left join milepost.snapshots n using (customer_id)
left join lateral (
  select jsonb_object_agg(tool, last_day) as tools from (
    select tool, max(day) as last_day from milepost.customer_days cross join lateral unnest(tools) as tool
    where customer_id = s.customer_id group by 1) as by_tool) as t on true
left join lateral (
  select max(day) filter (where exports > 0) as exports,
    max(day) filter (where resources_created > 0) as resources_created,
    max(day) filter (where resources_shared > 0) as resources_shared,
    max(day) filter (where milestones > 0) as milestones
  from milepost.customer_days where customer_id = s.customer_id) as d on true
where s.customer_id = any (%(customers)s)

-- name: predictions
select customer_id, target, probability from milepost.predictions
where customer_id = any (%(customers)s) and as_of > %(since)s and probability is not null

-- name: events
-- How many events of a kind each customer has, counted no further than a condition asks.
select c.customer_id, e.n
from unnest(%(customers)s::text[]) as c(customer_id)
cross join lateral (
  select count(*) as n from (
    select 1 from public.behavior_events b
    where b.customer_id = c.customer_id and milepost.counts(b)
      and (%(event_type)s::text is null or b.event_type = %(event_type)s)
      and (%(tool)s::text is null or b.tool_id = %(tool)s)
      and (%(section)s::text is null or b.tool_section = %(section)s)
      and (%(since)s::date is null or b."timestamp" >= %(since)s::timestamp at time zone 'UTC')
      and b."timestamp" < (%(today)s + 1)::timestamp at time zone 'UTC'
    limit %(most)s) as few) as e
