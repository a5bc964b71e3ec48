-- What pickers offer, and what the team calls it.

-- name: labels
-- Names of events that the team calls something else.
select name, label from milepost.event_names where label is not null order by name limit 5000;

-- name: properties
-- The keys of the newest events' metadata, the most frequent first.
select key, count(*) as events from (
  select event_metadata from public.behavior_events
  order by event_id desc limit 1000
) newest, jsonb_object_keys(newest.event_metadata) as key
where jsonb_typeof(newest.event_metadata) = 'object'
group by key order by events desc, key limit 200;

-- name: customers
-- What customers are called.
select customer_id as id, name from milepost.customers where customer_id = any(%(ids)s::text[]);

-- name: recent
-- Customers who were active last.
select s.customer_id as id, coalesce(c.name, '') as name
from (select customer_id from milepost.standing order by last_event_at desc nulls last limit 20) s
left join milepost.customers c using (customer_id);

-- name: patience
select set_config('statement_timeout', %(milliseconds)s, true);
