-- Any event: what its sender calls it, beside the class that the plan counts it as; and who acted.

create domain milepost.actor_type as text check (value in ('person', 'service', 'agent'));
-- Which of an event's columns its name filled in, as its sender left them out: 1 event_type, 2 tool_id,
-- 4 competency_area, 8 business_impact.
create domain milepost.filled as smallint check (value between 0 and 15);

alter table public.behavior_events
  add column event_name milepost.label,
  add column actor_type milepost.actor_type not null default 'person',
  add column filled milepost.filled not null default 0;
-- The events of a name, in an order in which one can go on where one was interrupted.
create index idx_behavior_events_name on public.behavior_events (event_name, event_id) where event_name is not null;

-- Every name that was ever sent, and what it means: by a rule of the plan, or as somebody of the team said by hand.
create table milepost.event_names (
  name milepost.label primary key,
  event_type milepost.event_type,
  tool_id milepost.label,
  competency_area milepost.label,
  business_impact milepost.business_impact,
  by_hand boolean not null default false,
  mapped_by text,
  mapped_at timestamptz,
  label milepost.label,
  hidden boolean not null default false,
  first_seen_at timestamptz not null default now(),
  -- Stored events have yet to follow what it means now. Transactions older than `behind` may still store some by what it
  -- meant before: the look begins when they are over. `after` is the last event looked at.
  changed boolean not null default false,
  behind xid8,
  after uuid
);
create index idx_event_names_changed on milepost.event_names (name) where changed;

call milepost.protect('milepost.event_names');
