-- name: store_events
-- Stores a JSON array of rows and answers the ids that were new.
select * from milepost.store_events(%s::json);

-- name: stored_events
-- Which of these events are stored already.
select event_id from public.behavior_events where event_id = any(%s::uuid[]);

-- name: tie
-- Ties an id to another (identify, group, alias); null where they were tied already.
select milepost.tie(%s, %s, %s, %s);

-- name: describe_customer
-- Keeps what `group` told of a customer; newer words replace older ones, key by key.
insert into milepost.customers as c (customer_id, name, traits, updated_at)
values (%(customer_id)s, %(name)s, %(traits)s::jsonb, now())
on conflict (customer_id) do update set name = coalesce(excluded.name, c.name), traits = c.traits || excluded.traits,
  updated_at = now();

-- name: describe_user
-- Keeps what `identify` told of a user.
insert into milepost.users as u (user_id, traits, updated_at) values (%(user_id)s, %(traits)s::jsonb, now())
on conflict (user_id) do update set traits = u.traits || excluded.traits, updated_at = now();

-- name: store_actions
-- Stores a JSON array of offline actions and answers the ids that were new.
insert into public.customer_actions (action_id, customer_id, user_id, action_type, role, description, competency_area,
  business_impact, value, currency, action_metadata, source, "timestamp")
select distinct on (action_id) action_id, customer_id, user_id, action_type, role, description, competency_area,
  business_impact, value, currency, coalesce(action_metadata, '{}'), source, "timestamp"
from json_to_recordset(%s::json) as x(action_id uuid, customer_id text, user_id text, action_type text, role text,
  description text, competency_area text, business_impact text, value numeric, currency text, action_metadata jsonb,
  source text, "timestamp" timestamptz)
order by action_id
on conflict (action_id) do nothing
returning action_id;

-- name: note_recorder
-- Keeps who of the team recorded these actions.
insert into milepost.action_authors (action_id, recorded_by)
select action_id, %(recorded_by)s from unnest(%(action_ids)s::uuid[]) as action_id;
