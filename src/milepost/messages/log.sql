-- What was sent where, for people. Loaded by name (log.py).

-- name: list
select d.message_id, m.topic, m.customer_id, c.name as customer_name, m.made_at, m.body, d.attempts, d.next_try_at,
  d.delivered_at, d.gave_up_at, d.last_status, d.last_error
from milepost.deliveries d join milepost.messages m using (message_id)
left join milepost.customers c on c.customer_id = m.customer_id
where d.destination_id = %(destination_id)s
  and case %(which)s when 'all' then true when 'waiting' then d.next_try_at is not null
    when 'failed' then d.gave_up_at is not null else d.delivered_at is not null end
  and (%(before)s::timestamptz is null or (m.made_at, m.message_id) < (%(before)s::timestamptz, %(before_id)s::uuid))
order by m.made_at desc, m.message_id desc limit %(limit)s

-- name: replay
-- The same message again, with the same id: to be tried as if it had been made now.
update milepost.deliveries d set next_try_at = %(now)s, attempts = 0, delivered_at = null, gave_up_at = null
where d.destination_id = %(destination_id)s and d.message_id = %(message_id)s returning d.message_id

-- name: replay_failed
update milepost.deliveries d set next_try_at = %(now)s, attempts = 0, gave_up_at = null
where d.destination_id = %(destination_id)s and d.gave_up_at is not null returning d.message_id

-- name: test
-- To this destination alone, whatever it is told of.
with made as (
  insert into milepost.messages (topic, body, made_at)
  select 'test', json_build_object('type', 'test',
    'timestamp', to_char(%(now)s::timestamptz at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'),
    'data', json_build_object('name', t.name))::text, %(now)s
  from milepost.destinations t where t.destination_id = %(destination_id)s
  returning message_id
)
insert into milepost.deliveries (message_id, destination_id, next_try_at)
select message_id, %(destination_id)s, %(now)s from made returning message_id
