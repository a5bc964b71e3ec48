-- name: stored
-- Events that were just stored, for people who watch.
select e.event_id, e.customer_id, c.name as customer_name, e.user_id, e.event_type, e.tool_id, e.tool_section,
  e.business_impact, e."timestamp", e.event_metadata, e.page_url, e.event_name
from public.behavior_events e left join milepost.customers c using (customer_id)
where e.event_id = any (%(ids)s) and e.deleted_at is null

-- name: last_announcement
-- Where a watcher begins.
select coalesce(max(announcement_id), 0) as last from milepost.announcements;

-- name: announced
-- What was announced after one, up to another if that is known, oldest first.
select a.announcement_id, a.kind, a.customer_id, c.name as customer_name, a.at, a.body ->> 'title' as title,
  coalesce(a.body ->> 'text', '') as text
from milepost.announcements a left join milepost.customers c using (customer_id)
where a.announcement_id > %(after)s and (%(upto)s::bigint is null or a.announcement_id <= %(upto)s)
order by 1 limit %(most)s
