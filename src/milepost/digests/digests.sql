-- The weekly mails. Loaded by name (weekly.py, subscribe.py).

-- name: due
-- Whoever's Monday, seven o'clock, has come since the last mail, or since they asked for it; of a dashboard, or where that
-- is null of their own accounts.
select w.destination_id, w.dashboard_id, w.email, w.time_zone, w.week
from (
  select d.destination_id, d.dashboard_id, d.made_at, m.email, d.time_zone,
    to_char(%(now)s::timestamptz at time zone d.time_zone, 'IYYY-"W"IW') as week,
    (date_trunc('week', %(now)s::timestamptz at time zone d.time_zone) + interval '7 hours') at time zone d.time_zone as begins
  from milepost.destinations d join milepost.members m using (member_id)
  where d.disabled_at is null) as w
where w.begins <= %(now)s and w.made_at < w.begins
  and not exists (select from milepost.deliveries v join milepost.messages x using (message_id)
    where v.destination_id = w.destination_id and x.topic = 'digest.weekly' and x.about = w.week)
order by w.destination_id

-- name: in_turn
-- Held until the transaction ends: what another server tells meanwhile is then seen.
select pg_advisory_xact_lock(hashtext('milepost.digests'))

-- name: tell
select milepost.tell('digest.weekly', null, %(week)s, %(data)s::jsonb, %(now)s, null, array[%(destination_id)s::uuid])
where exists (select from milepost.destinations where destination_id = %(destination_id)s and disabled_at is null)
  and not exists (select from milepost.deliveries v join milepost.messages x using (message_id)
    where v.destination_id = %(destination_id)s and x.topic = 'digest.weekly' and x.about = %(week)s)

-- name: of_member
select disabled_at is null as active from milepost.destinations
where member_id = %(member_id)s and dashboard_id is not distinct from %(dashboard_id)s::uuid

-- name: mailed
select d.dashboard_id, b.name from milepost.destinations d join milepost.dashboards b using (dashboard_id)
where d.member_id = %(member_id)s and d.disabled_at is null order by lower(b.name), d.dashboard_id

-- name: subscribe
-- With the address of the member, whatever that is when it is sent; by UTC where PostgreSQL does not know the clock.
insert into milepost.destinations (kind, name, address, topics, time_zone, made_at, made_by, member_id, dashboard_id)
select 'email', left('Weekly mail' || coalesce(' of ' || b.name, ''), 100), m.email, array['digest.weekly'],
  coalesce((select z.name from pg_timezone_names z where z.name = %(zone)s), 'UTC'), %(now)s, m.email, m.member_id, b.dashboard_id
from milepost.members m left join milepost.dashboards b on b.dashboard_id = %(dashboard_id)s::uuid
where m.member_id = %(member_id)s and (%(dashboard_id)s::uuid is null or b.dashboard_id is not null)
on conflict (member_id, dashboard_id) where member_id is not null do update
  set disabled_at = null, disabled_why = null, failing_since = null, time_zone = excluded.time_zone,
    made_at = excluded.made_at

-- name: unsubscribe
delete from milepost.destinations
where member_id = %(member_id)s and dashboard_id is not distinct from %(dashboard_id)s::uuid

-- name: unsubscribe_by
delete from milepost.destinations where member_id is not null and destination_id = %(destination_id)s

-- name: moved
-- Of an owner's customers those that moved most against their own past: active on at least twice as many days, and three more.
select n.customer_id, c.name, n.active_days, n.usual_days
from milepost.snapshots n join milepost.standing s using (customer_id) left join milepost.customers c using (customer_id)
where {owned} and n.active_days >= 2 * n.usual_days and n.active_days >= n.usual_days + 3
order by n.active_days - n.usual_days desc, n.customer_id limit %(limit)s

-- name: figures
-- How many customers an owner has, how many were active in the week and in the week before.
select count(*) as owned,
  count(*) filter (where exists (select from milepost.customer_days d where d.customer_id = s.customer_id
    and d.day >= %(first)s and d.day < %(last)s)) as active,
  count(*) filter (where exists (select from milepost.customer_days d where d.customer_id = s.customer_id
    and d.day >= %(first)s - 7 and d.day < %(first)s)) as before
from milepost.standing s where {owned}

-- name: tasks
-- A member's open tasks that are due within a week, or were.
select t.title, t.due, t.customer_id, c.name from milepost.tasks t
join milepost.members m on m.member_id = t.assignee_id left join milepost.customers c using (customer_id)
where m.email = %(email)s and t.done_at is null and t.due < %(last)s + 7
order by t.due, t.task_id limit %(limit)s

-- name: done
-- What was done in the week for an owner's customers: notes, tasks, offline actions, and recommendations followed.
select
  (select count(*) from milepost.notes x where x.created_at >= %(since)s and x.customer_id in ({ids})) as notes,
  (select count(*) from milepost.tasks x where x.done_at >= %(since)s and x.customer_id in ({ids})) as tasks,
  (select count(*) from public.customer_actions x where x."timestamp" >= %(since)s and x.customer_id in ({ids})) as actions,
  (select count(*) from milepost.recommendations x
    where x.done_at >= %(since)s and not x.held_out and x.customer_id in ({ids})) as followed

-- name: ids
select s.customer_id from milepost.standing s where {owned}
