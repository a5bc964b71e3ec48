-- What customers do: events as they were sent.

-- Domains, as a table's own CHECKs are parsed anew by every insert: half as dear as the row itself.
create domain milepost.label as text check (length(value) between 1 and 200);
create domain milepost.event_type as text check (value in (
  'tool_usage', 'export_action', 'competency_milestone', 'scaling_metric', 'professional_action',
  'navigation', 'content_interaction', 'resource_generation', 'resource_share', 'systematic_progression'));
create domain milepost.business_impact as text check (value in ('low', 'medium', 'high'));
create domain milepost.device_type as text check (value in ('desktop', 'mobile', 'tablet', 'server', 'other'));
create domain milepost.duration as bigint check (value >= 0);
-- The bounds keep every time sortable as text, and days countable.
create domain milepost.event_time as timestamptz
  check (value >= '2000-01-01 00:00+00' and value < '9000-01-01 00:00+00');
create domain milepost.retention_days as integer check (value between 1 and 36500);
-- How the customer is known: its sender named it, its user belongs to it, or (a guess, which a later `group` puts
-- right) the user or the anonymous id stands in for it.
create domain milepost.customer_source as text check (value in ('sent', 'user', 'guess'));
-- How the user is known: its sender named it, its anonymous id turned out to be it, or its sender named another, kept
-- in sent_user_id, who is merged into it.
create domain milepost.user_source as text check (value in ('sent', 'anonymous', 'merged'));

create table public.behavior_events (
  event_id uuid primary key default milepost.uuid7(),
  customer_id milepost.label not null,
  user_id milepost.label,
  anonymous_id milepost.label,
  session_id milepost.label,
  event_type milepost.event_type not null,
  tool_id milepost.label,
  tool_section milepost.label,
  business_impact milepost.business_impact not null default 'low',
  competency_area milepost.label,
  current_arr milepost.label,
  target_arr milepost.label,
  growth_stage milepost.label,
  event_metadata jsonb not null default '{}',
  session_duration milepost.duration,
  time_on_page milepost.duration,
  page_url text,
  referrer text,
  device_type milepost.device_type,
  browser milepost.label,
  ip_address inet,
  "timestamp" milepost.event_time not null default now(),
  received_at timestamptz not null default now(),
  retention_days milepost.retention_days not null default 365,
  -- The first UTC day on which the event may be gone: what the cleanup looks for.
  expires_on date not null generated always as ((("timestamp" at time zone 'UTC')::date) + retention_days) stored,
  anonymized boolean not null default false,
  deleted_at timestamptz,
  customer_source milepost.customer_source not null default 'sent',
  user_source milepost.user_source not null default 'sent',
  sent_user_id milepost.label,
  is_bot boolean not null default false
);
comment on table public.behavior_events is
  'Online interactions of customers. What was sent never changes; whose it is follows from milepost.ties.';

-- A customer's events by time; sessions repaired one by one.
create index idx_behavior_events_customer_timestamp on public.behavior_events (customer_id, "timestamp" desc);
create index idx_behavior_events_session_id on public.behavior_events (session_id);
create index idx_behavior_events_timestamp on public.behavior_events ("timestamp");
-- Whom a tie concerns, in an order in which one can go on where one was interrupted.
create index idx_behavior_events_user on public.behavior_events (user_id, event_id) where user_id is not null;
create index idx_behavior_events_sent_user on public.behavior_events (sent_user_id, event_id)
  where sent_user_id is not null;
create index idx_behavior_events_anonymous on public.behavior_events (anonymous_id, event_id)
  where anonymous_id is not null;
-- Expiry follows the order of arrival closely, so a block range index finds it at next to no cost.
create index idx_behavior_events_expires_on on public.behavior_events
  using brin (expires_on) with (pages_per_range = 32, autosummarize = on);
-- What an event says of a recommendation. Partial: an ordinary event costs a look at its metadata's keys, no entry.
create index idx_behavior_events_recommendation on public.behavior_events (customer_id)
  where event_metadata ? 'recommendation_id';

call milepost.protect('public.behavior_events');
create policy behavior_events_own on public.behavior_events for select
  using (customer_id = (select milepost.current_customer()) and deleted_at is null);
