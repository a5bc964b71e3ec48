-- name: stored
-- Events that were just stored, for people who watch.
select e.event_id, e.customer_id, c.name as customer_name, e.user_id, e.event_type, e.tool_id, e.tool_section,
  e.business_impact, e."timestamp", e.event_metadata, e.page_url
from public.behavior_events e left join milepost.customers c using (customer_id)
where e.event_id = any (%(ids)s) and e.deleted_at is null
order by e.event_id
