-- name: store_events
-- Stores a JSON array of rows and answers the ids that were new.
select * from milepost.store_events(%s::json);

-- name: stored_events
-- Which of these events are stored already.
select event_id from public.behavior_events where event_id = any(%s::uuid[]);

-- name: store_actions
-- Stores a JSON array of offline actions and answers the ids that were new.
insert into public.customer_actions (action_id, customer_id, user_id, action_type, role, description, competency_area,
  business_impact, value, currency, action_metadata, source, "timestamp", private)
select distinct on (action_id) action_id, customer_id, user_id, action_type, role, description, competency_area,
  business_impact, value, currency, coalesce(action_metadata, '{}'), source, "timestamp", private
from json_to_recordset(%s::json) as x(action_id uuid, customer_id text, user_id text, action_type text, role text,
  description text, competency_area text, business_impact text, value numeric, currency text, action_metadata jsonb,
  source text, "timestamp" timestamptz, private boolean)
order by action_id
on conflict (action_id) do nothing
returning action_id;

-- name: note_recorder
-- Keeps who of the team recorded these actions.
insert into milepost.action_authors (action_id, recorded_by)
select action_id, %(recorded_by)s from unnest(%(action_ids)s::uuid[]) as action_id;
