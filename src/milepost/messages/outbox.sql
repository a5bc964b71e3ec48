-- What is to be sent, and how it went. Loaded by name (outbox.py).

-- name: any_due
select exists (select from milepost.deliveries where next_try_at <= %(now)s)

-- name: take_back
-- What runs out before it is sent, as its playbook no longer applies, is told to nobody. What the team dismissed is so by
-- its own word, and may be opened again.
delete from milepost.deliveries d using milepost.messages m, milepost.recommendations r
where d.next_try_at is not null and m.message_id = d.message_id and r.recommendation_id = m.recommendation_id
  and r.state = 'expired'
  and not exists (select from milepost.recommendation_work w
    where w.recommendation_id = r.recommendation_id and w.ended = 'dismissed')

-- name: claim
-- Takes what is due: of each destination a few, but for those that are busy, disabled, in their quiet hours, or that people
-- read and that had a message just now: what comes meanwhile becomes one. Should this server die with them, they are due
-- again half a minute later. While something of the customer is not settled yet, a
-- recommendation may be taken back: it waits for that, but of a customer who never rests two minutes at most, or until an
-- import is over.
-- Materialised, as a plan that ran this once for each row it joins would take a few more each time.
with c as materialized (
  select v.message_id, t.*
  from milepost.destinations t
  cross join lateral (
    select v.message_id from milepost.deliveries v
    join milepost.messages m using (message_id)
    left join milepost.recommendations r on r.recommendation_id = m.recommendation_id
    left join milepost.standing s on s.customer_id = r.customer_id
    left join milepost.snapshots n on n.customer_id = r.customer_id
    where v.destination_id = t.destination_id and v.next_try_at <= %(now)s::timestamptz
      and (m.recommendation_id is null or not s.unsettled and n.slow_at >= n.settled_at
        or m.made_at <= %(now)s::timestamptz - interval '2 minutes' and not milepost.is_importing())
    order by v.next_try_at, v.message_id
    limit case when t.kind = 'webhook' then %(most)s else %(most_grouped)s end for update of v skip locked) as v
  where t.disabled_at is null and t.destination_id <> all (%(busy)s::uuid[])
    and (t.kind = 'webhook' or t.sent_at is null or t.sent_at not between %(now)s::timestamptz - interval '30 seconds'
      and %(now)s::timestamptz)
    and (t.quiet_from is null or case when t.quiet_from < t.quiet_until
      then not ((%(now)s::timestamptz at time zone t.time_zone)::time >= t.quiet_from
        and (%(now)s::timestamptz at time zone t.time_zone)::time < t.quiet_until)
      else (%(now)s::timestamptz at time zone t.time_zone)::time >= t.quiet_until
        and (%(now)s::timestamptz at time zone t.time_zone)::time < t.quiet_from end))
update milepost.deliveries d set attempts = d.attempts + 1, next_try_at = %(now)s::timestamptz + interval '30 seconds'
from c, milepost.messages m
where d.message_id = c.message_id and d.destination_id = c.destination_id and m.message_id = c.message_id
returning c.destination_id, c.kind, c.address, c.preset, c.secret_turn, d.message_id, m.topic, m.body, m.made_at, d.attempts

-- name: delivered
update milepost.deliveries set delivered_at = %(now)s, next_try_at = null, last_status = %(status)s, last_error = null
where message_id = %(message_id)s and destination_id = %(destination_id)s

-- name: failed
-- To be tried again at `next`, or given up where there is none.
update milepost.deliveries set next_try_at = %(next)s, last_status = %(status)s, last_error = %(error)s,
  gave_up_at = case when %(next)s::timestamptz is null then %(now)s end
where message_id = %(message_id)s and destination_id = %(destination_id)s

-- name: works
update milepost.destinations set failing_since = null, sent_at = %(now)s where destination_id = %(destination_id)s

-- name: fails
-- Since when, and whether that is so long that it is to be told of nothing more.
update milepost.destinations set failing_since = coalesce(failing_since, %(now)s)
where destination_id = %(destination_id)s returning name, failing_since <= %(too_long)s::timestamptz

-- name: disable
update milepost.destinations set disabled_at = %(now)s, disabled_why = %(why)s
where destination_id = %(destination_id)s and disabled_at is null returning name

-- name: give_up_all
update milepost.deliveries set next_try_at = null, gave_up_at = %(now)s, last_error = coalesce(last_error, %(why)s)
where destination_id = %(destination_id)s and next_try_at is not null

-- name: tell_disabled
select milepost.tell('destination.disabled', null, %(destination_id)s::text,
  jsonb_build_object('destination_id', %(destination_id)s::text, 'name', %(name)s::text, 'why', %(why)s::text), %(now)s)

-- name: forget_erased
-- An erasure's message holds the id of who was erased, and goes as soon as nobody waits for it.
delete from milepost.messages m where m.message_id = any (%(messages)s::uuid[])
  and m.topic in ('customer.erased', 'person.erased')
  and not exists (select from milepost.deliveries d where d.message_id = m.message_id and d.next_try_at is not null)

-- name: strip_digests
-- A weekly mail names many customers, who may be erased: once it was sent, it is in nobody's log.
update milepost.messages m set body = json_build_object('type', m.topic, 'timestamp', m.body::json ->> 'timestamp',
  'data', json_build_object('title', m.body::json #>> '{data,title}', 'lead', '', 'path', '/',
    'sections', json_build_array()))::text
where m.message_id = any (%(messages)s::uuid[]) and m.topic = 'digest.weekly'
  and not exists (select from milepost.deliveries d where d.message_id = m.message_id and d.next_try_at is not null)

-- name: forget
-- Messages that are long done with, and those that nobody sent within a week, as no server had an address for them.
delete from milepost.messages m where m.made_at < %(now)s::timestamptz - interval '90 days'
  and not exists (select from milepost.deliveries d
    where d.message_id = m.message_id and d.next_try_at > %(now)s::timestamptz - interval '7 days')
