-- Where messages go. Loaded by name (destinations.py).

-- name: list
-- Each with how the last week went, the newest trouble, and what waits.
select d.*, coalesce(w.delivered, 0) as delivered, coalesce(w.waiting, 0) as waiting, coalesce(w.gave_up, 0) as gave_up,
  w.last_error
from milepost.destinations d
left join lateral (
  select count(*) filter (where v.delivered_at is not null) as delivered,
    count(*) filter (where v.next_try_at is not null) as waiting,
    count(*) filter (where v.gave_up_at is not null) as gave_up,
    (array_agg(v.last_error order by m.made_at desc) filter (where v.last_error is not null))[1] as last_error
  from milepost.deliveries v join milepost.messages m using (message_id)
  where v.destination_id = d.destination_id and m.made_at > %(now)s::timestamptz - interval '7 days') as w on true
where d.member_id is null and (%(destination_id)s::uuid is null or d.destination_id = %(destination_id)s)
order by d.preset desc, lower(d.name), d.destination_id

-- name: crowded
select t as topic from unnest(%(topics)s::text[]) with ordinality as w(t, place)
where milepost.room_for(t, %(now)s) = 0 order by place

-- name: count
select count(*) from milepost.destinations where member_id is null

-- name: add
insert into milepost.destinations (kind, name, address, topics, quiet_from, quiet_until, time_zone, made_at, made_by)
values (%(kind)s, %(name)s, %(address)s, %(topics)s, %(quiet_from)s, %(quiet_until)s, %(time_zone)s, %(now)s, %(by)s)
returning destination_id

-- name: change
-- With another address it has another beginning.
update milepost.destinations set name = %(name)s, topics = %(topics)s, quiet_from = %(quiet_from)s,
  quiet_until = %(quiet_until)s, time_zone = %(time_zone)s, address = %(address)s,
  failing_since = case when address = %(address)s then failing_since end
where destination_id = %(destination_id)s and not preset and member_id is null
returning destination_id

-- name: remove
-- What waits for it goes with it.
delete from milepost.destinations where destination_id = %(destination_id)s and not preset and member_id is null returning destination_id

-- name: enable
update milepost.destinations set disabled_at = null, disabled_why = null, failing_since = null
where destination_id = %(destination_id)s and member_id is null returning destination_id

-- name: disable
update milepost.destinations set disabled_at = %(now)s, disabled_why = %(why)s
where destination_id = %(destination_id)s and member_id is null and disabled_at is null returning destination_id

-- name: turn_secret
update milepost.destinations set secret_turn = secret_turn + 1
where destination_id = %(destination_id)s and not preset and kind = 'webhook' returning destination_id

-- name: preset
-- What the settings say: with a new start it is tried anew.
insert into milepost.destinations (kind, name, address, topics, preset, made_at)
values ('webhook', 'MILEPOST_WEBHOOK_URL', %(address)s, %(topics)s, true, %(now)s)
on conflict (preset) where preset do update
  set address = excluded.address, topics = excluded.topics, failing_since = null, disabled_at = null, disabled_why = null

-- name: no_preset
update milepost.destinations set disabled_at = %(now)s, disabled_why = 'MILEPOST_WEBHOOK_URL is not set.'
where preset and disabled_at is null

-- name: zone
select exists (select from pg_timezone_names where name = %(zone)s)
