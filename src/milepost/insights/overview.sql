-- name: any_event
-- Whether anything was stored that counts.
select exists (select from milepost.standing where last_event_at is not null) as any

-- name: days
-- The last 30 UTC days, one row for each that had events.
select day, sum(events)::bigint as events, count(*) as customers, sum(exports)::bigint as exports,
  sum(resources_created)::bigint as resources, sum(milestones)::bigint as milestones
from milepost.customer_days
where day > %(today)s::date - 30 and day <= %(today)s::date
group by day order by day

-- name: first_day
-- The first UTC day of all.
select day from milepost.customer_days order by day limit 1

-- name: later_a_week_ago
-- What came a week ago after this time of day: today's rest, which a fair comparison leaves out.
select count(*) as events, count(*) filter (where event_type = 'export_action') as exports,
  count(*) filter (where event_type = 'resource_generation'
    and event_metadata -> 'success' is distinct from 'false'::jsonb) as resources
from public.behavior_events
where "timestamp" > %(now)s::timestamptz - interval '7 days'
  and "timestamp" < (%(today)s::date - 6)::timestamp at time zone 'UTC'
  and not is_bot and deleted_at is null

-- name: active_customers
-- Customers with an event in the last seven UTC days up to now, and in the seven before up to this time of day.
select count(*) filter (where recently) as active, count(*) filter (where before_that) as active_before
from (
  select bool_or(day > %(today)s::date - 7) as recently,
    bool_or(day <= %(today)s::date - 7 and first_event_at <= %(now)s::timestamptz - interval '7 days') as before_that
  from milepost.customer_days
  where day > %(today)s::date - 14 and day <= %(today)s::date
  group by customer_id) as seen

-- name: sessions
-- Sessions begun in the same two spans.
select count(*) filter (where started_at >= (%(today)s::date - 6)::timestamp at time zone 'UTC') as sessions,
  count(*) filter (where started_at <= %(now)s::timestamptz - interval '7 days') as sessions_before
from milepost.sessions
where started_at >= (%(today)s::date - 13)::timestamp at time zone 'UTC' and started_at <= %(now)s

-- name: tools
-- The tools with the most events in 30 days. Counted by customer first, which spares a sort for the distinct count.
select tool_id, sum(events)::bigint as events, count(*) as customers
from (
  select tool_id, customer_id, count(*) as events
  from public.behavior_events
  where "timestamp" >= (%(today)s::date - 29)::timestamp at time zone 'UTC' and "timestamp" <= %(now)s
    and tool_id is not null and not is_bot and deleted_at is null
  group by tool_id, customer_id) as used
group by tool_id order by events desc, tool_id limit %(limit)s

-- name: milestones
-- The newest milestones since a day. The days of customers say where to look, so few events are read; only where
-- more than 500 customers reach one on a day could a newer one be missed.
with places as materialized (
  select customer_id, day from milepost.customer_days
  where day >= %(since)s::date and day <= %(today)s::date and milestones > 0
  order by day desc, last_event_at desc limit 500
)
select e.customer_id, coalesce(c.name, e.customer_id) as name, e."timestamp" as at, e.competency_area as competency,
  e.tool_id, e.event_metadata as metadata
from places p
cross join lateral (
  select * from public.behavior_events e
  where e.customer_id = p.customer_id and e.event_type = 'competency_milestone'
    and e."timestamp" >= p.day::timestamp at time zone 'UTC'
    and e."timestamp" < (p.day + 1)::timestamp at time zone 'UTC'
    and not e.is_bot and e.deleted_at is null) as e
left join milepost.customers c on c.customer_id = e.customer_id
order by e."timestamp" desc, e.event_id desc limit %(limit)s

-- name: quiet
-- Who went quiet: those of the last 30 days first, the busiest of them first.
with quiet as materialized (
  select customer_id, last_event_at, total_events from milepost.standing
  where last_event_at <= %(now)s::timestamptz - %(quiet_days)s * interval '1 day'
  order by last_event_at > %(now)s::timestamptz - (%(quiet_days)s + 30) * interval '1 day' desc, total_events desc,
    customer_id
  limit %(limit)s
)
select q.customer_id, coalesce(c.name, q.customer_id) as name, q.last_event_at as last_seen,
  q.total_events as events, i.current_scaling_score as score
from quiet q left join milepost.customers c using (customer_id)
cross join lateral milepost.insights_on(q.customer_id, %(today)s::date) as i
order by q.last_event_at > %(now)s::timestamptz - (%(quiet_days)s + 30) * interval '1 day' desc, q.total_events desc,
  q.customer_id

-- name: quiet_total
select count(*) as total from milepost.standing
where last_event_at <= %(now)s::timestamptz - %(quiet_days)s * interval '1 day'

-- name: last_event
-- When the last event happened; one whose clock is ahead happened now. No row without any.
select least(max(last_event_at), %(now)s::timestamptz) as last_event_at from milepost.standing
having max(last_event_at) is not null
