-- name: any_event
-- Whether anything was stored that counts.
select exists (select from milepost.standing where last_event_at is not null) as any

-- name: days
-- UTC days of a period and of the one before it, a row for each that had events.
select day, sum(events)::bigint as events, count(*) as customers, sum(exports)::bigint as exports,
  sum(resources_created)::bigint as resources, sum(milestones)::bigint as milestones
from milepost.customer_days
where day >= %(before)s::date and day <= %(last)s::date
group by day

-- name: first_day
-- The first UTC day of all.
select day from milepost.customer_days order by day limit 1

-- name: later
-- What came a period ago after this time of day: today's rest, which a fair comparison leaves out.
select count(*) as events, count(*) filter (where event_type = 'export_action') as exports,
  count(*) filter (where event_type = 'resource_generation'
    and event_metadata -> 'success' is distinct from 'false'::jsonb) as resources,
  count(*) filter (where event_type = 'competency_milestone') as milestones
from public.behavior_events
where "timestamp" > %(until_before)s
  and "timestamp" < %(first)s::timestamp at time zone 'UTC'
  and not is_bot and deleted_at is null

-- name: active
-- Customers with an event in the period, and in the one before up to the same time of day.
select count(*) filter (where recently) as active, count(*) filter (where before_that) as active_before
from (
  select bool_or(day >= %(first)s::date) as recently,
    bool_or(day < %(first)s::date and first_event_at <= %(until_before)s) as before_that
  from milepost.customer_days
  where day >= %(before)s::date and day <= %(last)s::date
  group by customer_id) as seen

-- name: sessions
-- Sessions begun, by day; of the period before up to the same time of day.
select (started_at at time zone 'UTC')::date as day, count(*) as count
from milepost.sessions
where started_at >= %(before)s::timestamp at time zone 'UTC' and started_at <= %(until)s
  and (started_at <= %(until_before)s or started_at >= %(first)s::timestamp at time zone 'UTC')
group by 1

-- name: newcomers
-- The same for customers' first events.
select (first_event_at at time zone 'UTC')::date as day, count(*) as count
from milepost.standing
where first_event_at >= %(before)s::timestamp at time zone 'UTC' and first_event_at <= %(until)s
  and (first_event_at <= %(until_before)s or first_event_at >= %(first)s::timestamp at time zone 'UTC')
group by 1

-- name: sent
-- What was ever sent: a figure that no event feeds says nothing.
select exists (select from milepost.standing where total_sessions > 0) as sessions,
  exists (select from milepost.standing where total_exports_generated > 0) as exports,
  exists (select from milepost.standing where total_resources_created > 0) as resources,
  exists (select from milepost.standing where total_milestones > 0) as milestones

-- name: milestones
-- The newest milestones since a day. The days of customers say where to look, so few events are read; only where
-- more than 500 customers reach one on a day could a newer one be missed.
with places as materialized (
  select customer_id, day from milepost.customer_days
  where day >= %(since)s::date and day <= %(last)s::date and milestones > 0
  order by day desc, last_event_at desc limit 500
)
select e.customer_id, coalesce(c.name, e.customer_id) as name, e."timestamp" as at, e.competency_area as competency,
  e.tool_id, e.event_name, e.event_metadata as metadata
from places p
cross join lateral (
  select * from public.behavior_events e
  where e.customer_id = p.customer_id and e.event_type = 'competency_milestone'
    and e."timestamp" >= p.day::timestamp at time zone 'UTC'
    and e."timestamp" < (p.day + 1)::timestamp at time zone 'UTC'
    and not e.is_bot and e.deleted_at is null) as e
left join milepost.customers c on c.customer_id = e.customer_id
order by e."timestamp" desc, e.event_id desc limit %(limit)s

-- name: new_customers
-- Who came first in the period, the newest first.
select s.customer_id, coalesce(c.name, s.customer_id) as name, s.first_event_at as at
from milepost.standing s left join milepost.customers c using (customer_id)
where s.first_event_at >= %(first)s::timestamp at time zone 'UTC' and s.first_event_at <= %(until)s
order by s.first_event_at desc, s.customer_id limit %(limit)s

-- name: last_event
-- When the last event happened; one whose clock is ahead happened now. No row without any.
select least(max(last_event_at), %(now)s::timestamptz) as last_event_at from milepost.standing
having max(last_event_at) is not null
