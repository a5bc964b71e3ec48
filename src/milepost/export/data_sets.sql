-- What is exported, a statement a data set, its columns in the order of data_sets.py. Loaded by name (reading.py).
-- {within}: the condition of what was asked for.

-- name: events
select {row} from public.behavior_events e where e.deleted_at is null and {within}

-- name: events_changed
-- The changed events as they are now, or that they are no more.
select c.change, {run} {row} from pg_temp.export_changed c
left join lateral (select b.* from public.behavior_events b where c.change = 'upsert' and b.event_id = c.event_id) as e
  on true

-- name: events_row
{event_id}, e.customer_id, e.user_id, e.anonymous_id, e.session_id, e.event_type, e.event_name, e.actor_type, e.tool_id,
e.tool_section, e.business_impact, e.competency_area, e.current_arr, e.target_arr, e.growth_stage, e.event_metadata,
e.session_duration, e.time_on_page, e.page_url, e.referrer, e.device_type, e.browser, host(e.ip_address), {at},
e.received_at, e.retention_days, e.anonymized, e.customer_source, e.user_source, e.sent_user_id, e.is_bot

-- name: event_days
-- UTC days with events, and how many there are.
select ("timestamp" at time zone 'UTC')::date, count(*) from public.behavior_events e
where e.deleted_at is null and {within} group by 1 order by 1

-- name: note_changed
-- What changed between two snapshots: an event that matches is there, any other is no more. The day is the event's own,
-- or where it stood.
create temporary table export_changed on commit drop as
select k.event_id, case when e.event_id is null then 'delete' else 'upsert' end as change,
  coalesce(e."timestamp", k.at, '2000-01-01 00:00Z') as at,
  (coalesce(e."timestamp", k.at, '2000-01-01 00:00Z') at time zone 'UTC')::date as day
from (
  select i.event_id, min(i.at) as at from milepost.event_changes c
  -- Of 'stored' there are no times: their rows have null.
  cross join lateral unnest(c.event_ids, c.times) as i(event_id, at)
  where c.change_id = any (%(changes)s::bigint[]) group by 1) as k
left join lateral (
  select b.event_id, b."timestamp" from public.behavior_events b
  where b.event_id = k.event_id and b.deleted_at is null and exists (
    select from public.behavior_events e where e.event_id = b.event_id and {within})) as e on true

-- name: index_changed
create index on pg_temp.export_changed (day)

-- name: not_changed
e.event_id not in (select event_id from pg_temp.export_changed)

-- name: changed_days
select day, count(*), count(*) filter (where change = 'delete') from pg_temp.export_changed group by 1 order by 1

-- name: note_customers
-- Whose rows are asked for, where it is not everybody's.
create temporary table export_customers on commit drop as
select id as customer_id from milepost.numbers where kind = 'customer' and number = any (%(numbers)s::integer[])

-- name: index_customers
create unique index on pg_temp.export_customers (customer_id)

-- name: view
-- All else: the views that analysts read, whose columns stand in this order.
select s.* from reporting.{view} s where {within}

-- name: copy_as_csv
-- As it stands in a CSV file: COPY alone would leave quotes out where a text needs none, and readers would guess again.
copy (select {values} from ({rows}) as s ({names})) to stdout (format csv, force_quote ({quoted}))
