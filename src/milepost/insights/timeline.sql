-- name: timeline
-- A customer's events and offline actions and what the team did about it, as one list, newest first, before a place in
-- that order. For the team alone: notes, tasks and tags are closed to customers.
select * from (
  (select 'event' as kind, event_id as id, "timestamp" as at, event_type as what, tool_id, tool_section,
    business_impact, competency_area, user_id, page_url, event_metadata as metadata, is_bot, null as role,
    null as description, null::float8 as value, null as currency, false as private,
    null as by, null::date as due, event_name as name
  from public.behavior_events
  where customer_id = %(customer_id)s and deleted_at is null
    and (%(before)s::timestamptz is null or ("timestamp", event_id) < (%(before)s, %(before_id)s::uuid))
  order by "timestamp" desc, event_id desc limit %(limit)s)
  union all
  (select 'action', action_id, "timestamp", action_type, null, null, business_impact, competency_area, user_id, null,
    action_metadata, false, role, description, value::float8, currency, private,
    null, null, null
  from public.customer_actions
  where customer_id = %(customer_id)s and deleted_at is null
    and (%(before)s::timestamptz is null or ("timestamp", action_id) < (%(before)s, %(before_id)s::uuid))
  order by "timestamp" desc, action_id desc limit %(limit)s)
  union all
  (select 'note', note_id, created_at, 'note', null, null, null, null, null, null, '{}', false, null, text, null, null,
    true, author, null, null
  from milepost.notes
  where customer_id = %(customer_id)s
    and (%(before)s::timestamptz is null or (created_at, note_id) < (%(before)s, %(before_id)s::uuid))
  order by created_at desc, note_id desc limit %(limit)s)
  union all
  -- One that was done in the moment it was set is told of once.
  (select 'task', task_id, created_at, title, null, null, null, null, null, null, '{}', false, null, text, null, null,
    true, created_by, due, null
  from milepost.tasks
  where customer_id = %(customer_id)s and created_at is distinct from done_at
    and (%(before)s::timestamptz is null or (created_at, task_id) < (%(before)s, %(before_id)s::uuid))
  order by created_at desc, task_id desc limit %(limit)s)
  union all
  (select 'done', task_id, done_at, title, null, null, null, null, null, null, '{}', false, null, text, null, null,
    true, done_by, due, null
  from milepost.tasks
  where customer_id = %(customer_id)s and done_at is not null
    and (%(before)s::timestamptz is null or (done_at, task_id) < (%(before)s, %(before_id)s::uuid))
  order by done_at desc, task_id desc limit %(limit)s)
  union all
  (select 'tag', tag_id, added_at, tag, null, null, null, null, null, null, '{}', false, null, null, null, null,
    true, added_by, null, null
  from milepost.tags
  where customer_id = %(customer_id)s
    and (%(before)s::timestamptz is null or (added_at, tag_id) < (%(before)s, %(before_id)s::uuid))
  order by added_at desc, tag_id desc limit %(limit)s)
  union all
  -- What the team did about a recommendation.
  (select 'act', a.act_id, a.at, coalesce(w.action, r.action), null, null, null, null, null, null,
    jsonb_build_object('act', a.act, 'whom', a.whom, 'why', a.why), false, null, a.note, null, null,
    true, a.by, a.until, null
  from milepost.recommendation_acts a
  join milepost.recommendations r using (recommendation_id)
  left join milepost.recommendation_work w using (recommendation_id)
  where a.customer_id = %(customer_id)s
    and (%(before)s::timestamptz is null or (a.at, a.act_id) < (%(before)s, %(before_id)s::uuid))
  order by a.at desc, a.act_id desc limit %(limit)s)
  union all
  -- Who looks after them, from when on. A value of a trait has no id: one is made of what tells it from the others.
  (select 'owner', t.of_it, t.since, coalesce(t.value #>> '{}', ''), null, null, null, null, null, null, '{}', false,
    null, null, null, null, true, case when t.source in ('event', 'api', 'import') then null else t.source end, null, null
  from (
    select *, md5(concat_ws(' ', id, name, extract(epoch from since)))::uuid as of_it
    from milepost.traits where kind = 'customer' and id = %(customer_id)s and name = 'owner'
  ) as t
  where %(before)s::timestamptz is null or (t.since, t.of_it) < (%(before)s, %(before_id)s::uuid)
  order by t.since desc, t.of_it desc limit %(limit)s)
) as all_kinds
order by at desc, id desc limit %(limit)s

-- name: event
-- One event, every column.
select * from public.behavior_events
where event_id = %(event_id)s and customer_id = %(customer_id)s and deleted_at is null

-- name: newest
-- The newest events of all customers.
select e.event_id, e.customer_id, c.name as customer_name, e.event_type, e.tool_id, e.tool_section,
  e.business_impact, e."timestamp", e.event_metadata, e.page_url, e.event_name
from public.behavior_events e left join milepost.customers c using (customer_id)
where e.deleted_at is null and e."timestamp" <= %(now)s
order by e."timestamp" desc limit %(limit)s
