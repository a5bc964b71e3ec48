-- name: customer_matches
-- Whom a search finds.
select customer_id from milepost.standing where customer_id ilike {like}
union select customer_id from milepost.customers where name ilike {like}

-- name: customer_count
-- How many customers a search and a filter leave. What stands in braces comes from customers.py (and not in a comment,
-- which would end with its first line).
with matches as materialized ({matches}) {found}
select count(*) as total from {counted} where {wanted}

-- name: customer_ids
-- Who matches, by their ids.
with matches as materialized ({matches}) {found}
select s.customer_id from {counted} where {wanted} order by s.customer_id limit %(limit)s

-- name: customer_page
-- One page of customers, in the order of what is settled; what each row shows is worked out where it is older than the
-- row's last change. Only keys are sorted, as rows are wide. Without a search no matches are looked for.
with matches as materialized ({matches}) {found} {chosen},
picked as materialized (
  select s.customer_id, {sort_key} as sort_key
  from {source}
  where {among} and {after}
  order by {order}
  limit %(limit)s
),
page as (
  select s.*, c.name, k.sort_key, n.day as settled_day, n.current_scaling_score as score,
    n.systematic_progression_rate as rate, n.score_coverage, n.professional_credibility_trend,
    n.inconsistent_system_usage, n.low_business_impact_actions, n.weakest_competency
  from picked k
  join milepost.standing s using (customer_id)
  left join milepost.snapshots n using (customer_id)
  left join milepost.customers c using (customer_id)
)
select p.customer_id, p.name, p.sort_key, p.first_event_at, p.last_event_at, p.total_events, p.total_sessions,
  p.total_tool_sessions, p.total_exports_generated, p.total_resources_created, p.total_points, p.total_actions,
  substr(p.current_arr_latest, 57) as current_arr, substr(p.target_arr_latest, 57) as target_arr,
  substr(p.growth_stage_latest, 57) as growth_stage, p.weakest_competency,
  case when fresh then p.score else i.current_scaling_score end as current_scaling_score,
  case when fresh then p.rate else i.systematic_progression_rate end as systematic_progression_rate,
  case when fresh then p.score_coverage else i.score_coverage end as score_coverage,
  case when fresh then p.professional_credibility_trend else i.professional_credibility_trend end
    as professional_credibility_trend,
  case when fresh then p.inconsistent_system_usage else i.inconsistent_system_usage end as inconsistent_system_usage,
  case when fresh then p.low_business_impact_actions else i.low_business_impact_actions end
    as low_business_impact_actions,
  array(
    select coalesce(sum(d.events), 0)::bigint
    from generate_series(7, 0, -1) as week
    left join milepost.customer_days d on d.customer_id = p.customer_id
      and d.day > %(today)s::date - 7 * (week + 1) and d.day <= %(today)s::date - 7 * week
    group by week order by week desc) as weekly_events,
  -- Beside the page, so that what matches is found once for both.
  (select count(*) from {all_chosen}) as total
from page p
-- A list in the order of what is settled shows that, so that the order can be seen.
cross join lateral (
  select %(as_settled)s or p.settled_day is not distinct from %(today)s::date and not p.unsettled as fresh) as f
-- Within the join's side, so that nothing is worked out for a row that is fresh.
left join lateral (select i.* from milepost.insights_on(p.customer_id, %(today)s::date) as i where not fresh) as i on true
order by {order}

-- name: waiting
-- How many customers wait to be settled: they changed, or their day or their plan has turned.
select (select count(*) from milepost.standing where unsettled)
  + (select count(*) from milepost.snapshots where due_on <= %(today)s::date) as waiting

-- name: insights
-- A customer's insights as of now, every column of the view.
select i.*, milepost.plan_of(i.customer_id) as plan_version
from public.behavior_insights i where customer_id = %(customer_id)s

-- name: customer
-- What a customer is called.
select customer_id, name from milepost.customers where customer_id = %(customer_id)s

-- name: competencies
-- What the competency scores are made of.
select * from milepost.competency_scores(%(customer_id)s, %(today)s::date)

-- name: events
-- A customer's events, newest first, before a place in that order.
select event_id, customer_id, user_id, anonymous_id, session_id, event_type, tool_id, tool_section, business_impact,
  competency_area, current_arr, target_arr, growth_stage, event_metadata, session_duration, time_on_page, page_url,
  referrer, device_type, browser, "timestamp", received_at, retention_days, anonymized, is_bot, event_name, actor_type
from public.behavior_events
where customer_id = %(customer_id)s and deleted_at is null
  and (%(event_type)s::text is null or event_type = %(event_type)s)
  and (%(before)s::timestamptz is null or ("timestamp", event_id) < (%(before)s, %(before_id)s::uuid))
order by "timestamp" desc, event_id desc limit %(limit)s

-- name: sessions
-- A customer's sessions, newest first.
select session_id, customer_id, user_id, started_at, ended_at, session_duration, events_count, tools_accessed,
  primary_tool, exports_generated, competency_points_earned, device_type, browser, referrer_source
from public.behavior_sessions
where customer_id = %(customer_id)s
  and (%(before)s::timestamptz is null or (started_at, session_id) < (%(before)s, %(before_id)s::text))
order by started_at desc, session_id desc limit %(limit)s

-- name: actions
-- A customer's offline actions, newest first.
select action_id, customer_id, user_id, action_type, role, description, competency_area, business_impact, value,
  currency, action_metadata, source, "timestamp", received_at, private
from public.customer_actions
where customer_id = %(customer_id)s and deleted_at is null
  and (%(before)s::timestamptz is null or ("timestamp", action_id) < (%(before)s, %(before_id)s::uuid))
order by "timestamp" desc, action_id desc limit %(limit)s
