-- What customers do: events as they were sent, and the sessions they add up to.

create table public.behavior_events (
  event_id uuid primary key default milepost.uuid7(),
  customer_id text not null check (length(customer_id) between 1 and 200),
  user_id text check (length(user_id) between 1 and 200),
  anonymous_id text check (length(anonymous_id) between 1 and 200),
  session_id text check (length(session_id) between 1 and 200),
  event_type text not null check (event_type in (
    'tool_usage', 'export_action', 'competency_milestone', 'scaling_metric', 'professional_action',
    'navigation', 'content_interaction', 'resource_generation', 'resource_share', 'systematic_progression')),
  tool_id text check (length(tool_id) between 1 and 200),
  tool_section text check (length(tool_section) between 1 and 200),
  business_impact text not null default 'low' check (business_impact in ('low', 'medium', 'high')),
  competency_area text check (length(competency_area) between 1 and 200),
  current_arr text check (length(current_arr) between 1 and 200),
  target_arr text check (length(target_arr) between 1 and 200),
  growth_stage text check (growth_stage in ('early_scaling', 'rapid_scaling', 'mature_scaling')),
  event_metadata jsonb not null default '{}',
  session_duration bigint check (session_duration >= 0),
  time_on_page bigint check (time_on_page >= 0),
  page_url text,
  referrer text,
  device_type text check (device_type in ('desktop', 'mobile', 'tablet', 'server', 'other')),
  browser text check (length(browser) between 1 and 200),
  ip_address inet,
  -- The bounds keep every time sortable as text, and days countable.
  "timestamp" timestamptz not null default now()
    check ("timestamp" >= '2000-01-01 00:00+00' and "timestamp" < '9000-01-01 00:00+00'),
  received_at timestamptz not null default now(),
  retention_days integer not null default 365 check (retention_days between 1 and 36500),
  -- The first UTC day on which the event may be gone: what the cleanup looks for.
  expires_on date not null generated always as ((("timestamp" at time zone 'UTC')::date) + retention_days) stored,
  anonymized boolean not null default false,
  deleted_at timestamptz,
  -- How the customer is known: its sender named it, its user belongs to it, or (a guess, which a later `group` puts
  -- right) the user or the anonymous id stands in for it.
  customer_source text not null default 'sent' check (customer_source in ('sent', 'user', 'guess')),
  -- How the user is known: its sender named it, its anonymous id turned out to be it, or its sender named another,
  -- kept in sent_user_id, who is merged into it.
  user_source text not null default 'sent' check (user_source in ('sent', 'anonymous', 'merged')),
  sent_user_id text check (length(sent_user_id) between 1 and 200),
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

create table public.behavior_sessions (
  customer_id text not null,
  session_id text not null,
  user_id text,
  started_at timestamptz not null,
  ended_at timestamptz not null,
  session_duration bigint not null generated always as
    ((extract(epoch from ended_at - started_at) * 1000)::bigint) stored,
  events_count bigint not null default 0,
  tools_accessed text[] not null default '{}',
  primary_tool text,
  tool_counts jsonb not null default '{}',
  exports_generated bigint not null default 0,
  competency_points_earned bigint not null default 0,
  device_type text,
  browser text,
  referrer_source text,
  -- Where device, browser and referrer came from: the id of the first event that told any of them.
  landing_event_id uuid,
  user_event_id uuid,
  primary key (customer_id, session_id)
  -- Updated by each batch of the half hour a session lasts: room for it within its page.
) with (fillfactor = 65);
comment on column public.behavior_sessions.session_duration is 'From the first to the last event, in milliseconds.';

create index idx_behavior_sessions_customer_id on public.behavior_sessions (customer_id, started_at desc);
create index idx_behavior_sessions_started_at on public.behavior_sessions (started_at);

call milepost.protect('public.behavior_events');
call milepost.protect('public.behavior_sessions', customers_read => true);
create policy behavior_events_own on public.behavior_events for select
  using (customer_id = (select milepost.current_customer()) and deleted_at is null);
