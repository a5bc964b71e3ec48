-- What the column store reads in PostgreSQL. Loaded by name (follow.py).

-- name: moment
-- The snapshot up to which a load goes, and a time before which nothing was committed that it does not see.
select pg_current_snapshot()::text, statement_timestamp(),
  (select epoch::text from milepost.event_log), (select cleaned_xid::text from milepost.event_log)

-- name: changes
-- Changes that the snapshot sees and the one before it did not: no late commit is passed over, and none waits for the
-- longest transaction. The index gives those from the first transaction that was open before.
select change_id, kind, cardinality(event_ids) as events from milepost.event_changes
where xid >= pg_snapshot_xmin(%(seen)s::pg_snapshot) and xid < pg_snapshot_xmax(%(now)s::pg_snapshot)
  and not pg_visible_in_snapshot(xid, %(seen)s::pg_snapshot) and pg_visible_in_snapshot(xid, %(now)s::pg_snapshot)
order by change_id

-- name: number_changed
-- Gives numbers to the people of changed events that have none yet.
with changed as materialized (
  select e.customer_id, e.user_id, e.anonymous_id from milepost.event_changes c
  cross join lateral unnest(c.event_ids) as i(event_id) join public.behavior_events e using (event_id)
  where c.change_id = any (%(changes)s::bigint[]) and c.kind = 'stored'
)
insert into milepost.numbers (kind, id)
select kind, id from (
  select 'customer', customer_id from changed union select 'user', user_id from changed where user_id is not null
  union select 'anonymous', anonymous_id from changed where user_id is null and anonymous_id is not null) as p(kind, id)
where not exists (select from milepost.numbers n where n.kind = p.kind and n.id = p.id)
order by 1, 2
on conflict do nothing

-- name: number_all
-- The same for all events.
insert into milepost.numbers (kind, id)
select kind, id from (
  select 'customer', customer_id from public.behavior_events
  union select 'user', user_id from public.behavior_events where user_id is not null
  union select 'anonymous', anonymous_id from public.behavior_events
    where user_id is null and anonymous_id is not null) as p(kind, id)
where not exists (select from milepost.numbers n where n.kind = p.kind and n.id = p.id)
order by 1, 2
on conflict do nothing

-- name: copy_changed
-- The changed events as they are now, in the mirror's columns.
copy (
  select $row from (
    select distinct i.event_id from milepost.event_changes c cross join lateral unnest(c.event_ids) as i(event_id)
    where c.change_id = any ($changes::bigint[]) and c.kind = 'stored') as k
  join public.behavior_events e using (event_id)
  $people
  where e.deleted_at is null
) to stdout

-- name: copy_all
-- All events of people with numbers, or those within a month, in the mirror's columns.
copy (
  select $row from public.behavior_events e
  $people
  where e.deleted_at is null and cn.number is not null and (un.number is not null or e.user_id is null)
    and (an.number is not null or e.user_id is not null or e.anonymous_id is null) $within
) to stdout

-- name: gone
-- Where events stood that are no more, or stand elsewhere.
select x.event_id::text, x.customer, to_char(x.at at time zone 'UTC', 'YYYY-MM-DD HH24:MI:SS.US')
from milepost.event_changes c cross join lateral unnest(c.event_ids, c.customers, c.times) as x(event_id, customer, at)
where c.change_id = any (%(changes)s::bigint[]) and c.kind = 'gone'

-- name: row
-- One event in the mirror's columns, in their order (COLUMNS in follow.py) but for the last two; `days` compares it.
-- Null, which no other column is, means that somebody has no number yet.
e.event_id, cn.number,
case when e.user_id is null and e.anonymous_id is null then 0 else coalesce(un.number, an.number) end, coalesce(e.session_id, ''), e.event_type,
coalesce(e.event_name, ''), e.actor_type,
coalesce(e.tool_id, ''), coalesce(e.tool_section, ''), e.business_impact, coalesce(e.competency_area, ''),
coalesce(e.current_arr, ''), coalesce(e.target_arr, ''), coalesce(e.growth_stage, ''), coalesce(e.device_type, ''),
coalesce(e.browser, ''), coalesce(e.page_url, ''), coalesce(e.referrer, ''),
coalesce(milepost.referrer_source(e.referrer), ''), coalesce(e.session_duration, -1), coalesce(e.time_on_page, -1),
case when e.event_metadata = '{}' or jsonb_typeof(e.event_metadata) <> 'object' then '{}' else coalesce(
  (select json_object_agg(m.key, m.value) from jsonb_each_text(e.event_metadata) as m where m.value is not null)::text,
  '{}') end,
e.is_bot::integer, to_char(e."timestamp" at time zone 'UTC', 'YYYY-MM-DD HH24:MI:SS.US')

-- name: people
-- The numbers of an event's customer and user.
left join milepost.numbers cn on cn.kind = 'customer' and cn.id = e.customer_id
left join milepost.numbers un on un.kind = 'user' and un.id = e.user_id
left join milepost.numbers an on an.kind = 'anonymous' and an.id = e.anonymous_id and e.user_id is null

-- name: count_all
-- How much a load of everything has before it.
select count(*) from public.behavior_events where deleted_at is null

-- name: days
-- Live events by UTC day: their number, and the sum of a hash of all that the mirror holds of each.
select ("timestamp" at time zone 'UTC')::date::text as day, count(*) as events,
  -- Signed numbers, brought to what their sum is modulo 2^64.
  mod(mod(sum(('x' || substr(md5(concat_ws(chr(31), $row)), 1, 16))::bit(64)::bigint::numeric), 18446744073709551616)
    + 18446744073709551616, 18446744073709551616)::text
from public.behavior_events e $people
where e.deleted_at is null group by 1 order by 1

-- name: day_counts
-- The number of live events by UTC day.
select ("timestamp" at time zone 'UTC')::date::text, count(*) from public.behavior_events
where deleted_at is null group by 1 order by 1
