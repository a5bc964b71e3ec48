-- name: timeline
-- A customer's events and offline actions as one list, newest first, before a place in that order.
select * from (
  (select 'event' as kind, event_id as id, "timestamp" as at, event_type as what, tool_id, tool_section,
    business_impact, competency_area, user_id, page_url, event_metadata as metadata, is_bot, null as role,
    null as description, null::float8 as value, null as currency, false as private
  from public.behavior_events
  where customer_id = %(customer_id)s and deleted_at is null
    and (%(before)s::timestamptz is null or ("timestamp", event_id) < (%(before)s, %(before_id)s::uuid))
  order by "timestamp" desc, event_id desc limit %(limit)s)
  union all
  (select 'action', action_id, "timestamp", action_type, null, null, business_impact, competency_area, user_id, null,
    action_metadata, false, role, description, value::float8, currency, private
  from public.customer_actions
  where customer_id = %(customer_id)s and deleted_at is null
    and (%(before)s::timestamptz is null or ("timestamp", action_id) < (%(before)s, %(before_id)s::uuid))
  order by "timestamp" desc, action_id desc limit %(limit)s)
) as both_kinds
order by at desc, id desc limit %(limit)s

-- name: event
-- One event, every column.
select * from public.behavior_events
where event_id = %(event_id)s and customer_id = %(customer_id)s and deleted_at is null

-- name: newest
-- The newest events of all customers.
select e.event_id, e.customer_id, c.name as customer_name, e.event_type, e.tool_id, e.tool_section,
  e.business_impact, e."timestamp", e.event_metadata, e.page_url
from public.behavior_events e left join milepost.customers c using (customer_id)
where e.deleted_at is null and e."timestamp" <= %(now)s
order by e."timestamp" desc limit %(limit)s
