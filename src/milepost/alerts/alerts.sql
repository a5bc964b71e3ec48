-- Alerts, their incidents, and what is written of a look. Loaded by name (keep.py, watching.py).

-- name: alone
-- One looks at a time, over all servers; false while another does. Held until the transaction ends.
select pg_try_advisory_xact_lock(hashtext('milepost.alerts')) as alone

-- name: list
select a.*, g.name as segment, g.slug as segment_slug, g.conditions, r.name as report, r.question,
  i.incident_id, i.began_at, i.ended_at, i.says, i.told_at as incident_told_at, i.over_told_at, coalesce(i.told, 0) as told, i.acknowledged_at, i.acknowledged_by,
  (select count(*) from milepost.incident_customers c where c.incident_id = i.incident_id and c.until is null) as customers
from milepost.alerts a
left join milepost.segments g using (segment_id) left join milepost.reports r using (report_id)
left join lateral (
  select * from milepost.incidents n where n.alert_id = a.alert_id
  order by n.ended_at is null desc, n.began_at desc limit 1) as i on true
where %(alert_id)s::uuid is null or a.alert_id = %(alert_id)s
order by a.kind not in ('at_risk', 'unusual', 'silence'), a.made_at, a.alert_id

-- name: looking
-- Of whom an alert held of late, whether it still did, whether that was told, and as of which incident.
select distinct on (c.customer_id) c.customer_id, c.incident_id, c.until is null as still, c.told, c.says
from milepost.incident_customers c join milepost.incidents i using (incident_id)
where i.alert_id = %(alert_id)s and (c.until is null or c.until > %(since)s)
order by c.customer_id, c.since desc

-- name: begin
insert into milepost.incidents (alert_id, began_at, says) values (%(alert_id)s, %(now)s, %(says)s) returning incident_id

-- name: reopen
update milepost.incidents set ended_at = null where incident_id = %(incident_id)s

-- name: end
update milepost.incidents set ended_at = %(now)s where incident_id = %(incident_id)s

-- name: now_says
update milepost.incidents set says = %(says)s where incident_id = %(incident_id)s and says is distinct from %(says)s

-- name: told
with told as (
  update milepost.incidents set told_at = %(now)s, told = told + %(count)s where incident_id = %(incident_id)s
  returning alert_id
)
update milepost.alerts a set told_at = %(now)s, told_count = %(count)s from told where a.alert_id = told.alert_id

-- name: over_told
update milepost.incidents set over_told_at = %(now)s where incident_id = %(incident_id)s

-- name: left
update milepost.incident_customers set until = %(now)s
where incident_id = %(incident_id)s and until is null and customer_id <> all (%(there)s::text[])

-- name: joined
insert into milepost.incident_customers as c (incident_id, customer_id, since, says)
select %(incident_id)s, f.customer_id, %(now)s, f.says
from unnest(%(customers)s::text[], %(says)s::text[]) as f(customer_id, says)
order by 2
on conflict (incident_id, customer_id) do update set says = excluded.says, until = null,
  since = case when c.until is null then c.since else excluded.since end
where c.says <> excluded.says or c.until is not null

-- name: told_of
update milepost.incident_customers set told = true
where incident_id = %(incident_id)s and customer_id = any (%(customers)s::text[])

-- name: as_known
-- What was so from the start is no news later either.
update milepost.incident_customers set told = true where incident_id = %(incident_id)s

-- name: tell
select milepost.tell(%(topic)s, null, %(alert_id)s::text, %(data)s::jsonb, %(now)s, null, %(whom)s::uuid[])

-- name: tell_risks
select count(milepost.tell('risk.began', f.customer_id, null, jsonb_build_object('reason', f.says), %(now)s))
from unnest(%(customers)s::text[], %(says)s::text[]) as f(customer_id, says)

-- name: checked
update milepost.alerts set checked_at = %(now)s, trouble = %(trouble)s where alert_id = %(alert_id)s

-- name: customers
-- Of whom an incident holds, the newest first.
select c.customer_id, k.name, c.since, c.says from milepost.incident_customers c
left join milepost.customers k using (customer_id)
where c.incident_id = %(incident_id)s and c.until is null
order by c.since desc, c.customer_id limit %(limit)s

-- name: past
-- Incidents that are over.
select i.incident_id, a.name, i.began_at, i.ended_at, i.says, i.told,
  (select count(*) from milepost.incident_customers c where c.incident_id = i.incident_id) as customers
from milepost.incidents i join milepost.alerts a using (alert_id)
where i.ended_at > %(since)s order by i.ended_at desc, i.incident_id limit %(limit)s

-- name: add
insert into milepost.alerts (kind, name, segment_id, report_id, below, above, destinations, made_at, made_by)
values (%(kind)s, %(name)s, %(segment_id)s, %(report_id)s, %(below)s, %(above)s, %(destinations)s::uuid[], %(now)s, %(by)s)
returning alert_id

-- name: trend
select name from milepost.reports where report_id = %(report_id)s and shown ->> 'page' = 'trends'

-- name: remove
delete from milepost.alerts where alert_id = %(alert_id)s and kind in ('segment', 'figure') returning alert_id

-- name: switch
update milepost.alerts set active = %(on)s where alert_id = %(alert_id)s returning alert_id

-- name: snooze
update milepost.alerts set snoozed_until = %(until)s where alert_id = %(alert_id)s returning alert_id

-- name: route
update milepost.alerts set destinations = %(destinations)s::uuid[] where alert_id = %(alert_id)s returning alert_id

-- name: acknowledge
update milepost.incidents set acknowledged_at = %(now)s, acknowledged_by = %(by)s
where alert_id = %(alert_id)s and ended_at is null and acknowledged_at is null returning incident_id

-- name: count
select count(*) as count from milepost.alerts

-- name: forget
delete from milepost.incidents where ended_at < %(before)s

-- name: within
-- The customers for whom a segment's conditions hold.
select s.customer_id, c.name
from milepost.standing s join milepost.snapshots n using (customer_id) left join milepost.customers c using (customer_id)
where {within} order by s.customer_id limit %(most)s

-- name: days
-- Events by customer and day of those who did something of late, and for how many of these days each has been there;
-- none of those who have not been there for long enough to have a past.
select d.customer_id, c.name, %(today)s::date - d.day as ago, d.events, least(%(days)s, %(today)s::date - f.first) as known
from milepost.customer_days d
join (
  select k.customer_id, (s.first_event_at at time zone 'UTC')::date as first
  from (select distinct customer_id from milepost.customer_days
    where day >= %(today)s::date - %(days)s and day < %(today)s::date) as k
  join milepost.standing s using (customer_id)
  where s.first_event_at < (%(today)s::date - %(least)s)::timestamp at time zone 'UTC') as f using (customer_id)
left join milepost.customers c using (customer_id)
where d.day >= %(today)s::date - %(days)s and d.day < %(today)s::date
order by d.customer_id

-- name: last_event
-- When the newest event happened.
select max("timestamp") as at from public.behavior_events where "timestamp" <= %(now)s

-- name: came_before
-- How many happened in each of these spans, up to `most`, and whether there were any before at all by then.
select (select count(*) from (select from public.behavior_events e
    where e."timestamp" >= s.first and e."timestamp" < s.last limit %(most)s) as found) as events,
  exists (select from public.behavior_events e where e."timestamp" < s.first) as was_there
from unnest(%(firsts)s::timestamptz[], %(lasts)s::timestamptz[]) as s(first, last)
