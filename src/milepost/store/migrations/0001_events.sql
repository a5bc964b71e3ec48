-- Events and offline actions: tables, partitions, indexes, and who may see them.

create schema if not exists milepost;

-- Roles belong to the whole cluster, so another database may have made them already.
do $$
begin
  create role milepost_server nologin;
exception when duplicate_object or unique_violation then null;
end $$;
do $$
begin
  create role milepost_reader nologin;
exception when duplicate_object or unique_violation then null;
end $$;
do $$
declare
  wanted text;
begin
  foreach wanted in array array['milepost_server', 'milepost_reader'] loop
    -- An owner who is in the role already may lack the right to grant it: another database's owner made it.
    if not pg_has_role(current_user, wanted, 'member') then
      execute format('grant %I to %I', wanted, current_user);
    end if;
  end loop;
end $$;

-- -- Event ids ---------------------------------------------------------------------------------

-- The lowest UUIDv7 of a millisecond: where a partition begins.
create function milepost.uuid7_at(at timestamptz) returns uuid
language sql immutable parallel safe as $$
  select (lpad(to_hex((extract(epoch from at) * 1000)::bigint), 12, '0') || '70008000000000000000')::uuid
$$;

-- A new UUIDv7, for rows that are inserted without an id (PostgreSQL has its own only from 18 on).
create function milepost.uuid7() returns uuid
language sql volatile parallel safe as $$
  select encode(
    set_byte(
      overlay(uuid_send(gen_random_uuid())
        placing substring(int8send((extract(epoch from clock_timestamp()) * 1000)::bigint) from 3) from 1 for 6),
      6, (get_byte(uuid_send(gen_random_uuid()), 6) & 15) | 112),
    'hex')::uuid
$$;

-- -- Tables ------------------------------------------------------------------------------------

create table public.behavior_events (
  event_id uuid not null default milepost.uuid7(),
  customer_id text not null check (length(customer_id) between 1 and 200),
  user_id text check (length(user_id) between 1 and 200),
  anonymous_id text check (length(anonymous_id) between 1 and 200),
  session_id text check (length(session_id) between 1 and 200),
  event_type text not null constraint behavior_events_event_type_check check (event_type in (
    'tool_usage', 'export_action', 'competency_milestone', 'scaling_metric', 'professional_action',
    'navigation', 'content_interaction', 'resource_generation', 'resource_share', 'systematic_progression')),
  tool_id text check (length(tool_id) between 1 and 200),
  tool_section text check (length(tool_section) between 1 and 200),
  business_impact text not null default 'low'
    constraint behavior_events_business_impact_check check (business_impact in ('low', 'medium', 'high')),
  competency_area text check (length(competency_area) between 1 and 200),
  current_arr text check (length(current_arr) between 1 and 200),
  target_arr text check (length(target_arr) between 1 and 200),
  growth_stage text constraint behavior_events_growth_stage_check
    check (growth_stage in ('early_scaling', 'rapid_scaling', 'mature_scaling')),
  event_metadata jsonb not null default '{}',
  session_duration bigint check (session_duration >= 0),
  time_on_page bigint check (time_on_page >= 0),
  page_url text,
  referrer text,
  device_type text constraint behavior_events_device_type_check
    check (device_type in ('desktop', 'mobile', 'tablet', 'server', 'other')),
  browser text check (length(browser) between 1 and 200),
  ip_address inet,
  -- The bounds keep every time sortable as text, and days countable.
  "timestamp" timestamptz not null default now() constraint behavior_events_timestamp_check
    check ("timestamp" >= '2000-01-01 00:00+00' and "timestamp" < '9000-01-01 00:00+00'),
  received_at timestamptz not null default now(),
  retention_days integer not null default 365 check (retention_days between 1 and 36500),
  -- The first UTC day on which the event may be gone: what the cleanup looks for.
  expires_on date not null generated always as ((("timestamp" at time zone 'UTC')::date) + retention_days) stored,
  anonymized boolean not null default false,
  deleted_at timestamptz,
  -- How the customer is known: the sender said it, the user belongs to it, or (a guess, which a later `group`
  -- puts right) the user or the anonymous id stands in for it.
  customer_source text not null default 'sent' check (customer_source in ('sent', 'user', 'guess')),
  is_bot boolean not null default false,
  primary key (event_id)
) partition by range (event_id);

comment on table public.behavior_events is
  'Online interactions of customers, immutable once stored; partitioned by month of the event id (UUIDv7).';

create table milepost.behavior_events_default partition of public.behavior_events default;
alter table milepost.behavior_events_default enable row level security;

-- Makes the monthly partitions that hold from_day to to_day; rows that wait in the default partition move over.
-- Returns how many partitions it made. Triggers do not fire: the rows stay the same rows.
create function milepost.ensure_partitions(from_day date, to_day date) returns integer
language plpgsql as $$
declare
  month date := date_trunc('month', from_day)::date;
  low uuid;
  high uuid;
  part text;
  made integer := 0;
  -- All but the generated ones, which PostgreSQL insists on computing itself.
  columns constant text := (select string_agg(quote_ident(attname), ', ' order by attnum) from pg_attribute
    where attrelid = 'public.behavior_events'::regclass and attnum > 0 and not attisdropped and attgenerated = '');
begin
  perform pg_advisory_xact_lock(hashtext('milepost.ensure_partitions'));
  while month <= to_day loop
    part := 'behavior_events_' || to_char(month, 'YYYY_MM');
    if to_regclass('milepost.' || part) is null then
      low := milepost.uuid7_at(month::timestamp at time zone 'UTC');
      high := milepost.uuid7_at((month + interval '1 month')::timestamp at time zone 'UTC');
      execute format('create table milepost.%I (like public.behavior_events including defaults including constraints'
        ' including generated)', part);
      execute format('alter table milepost.%I enable row level security', part);
      -- Locked first, so that nothing lands in the default partition between the move and the attach.
      lock table milepost.behavior_events_default in access exclusive mode;
      if exists (select from milepost.behavior_events_default where event_id >= low and event_id < high) then
        execute format('insert into milepost.%I (%s) select %s from milepost.behavior_events_default'
          ' where event_id >= $1 and event_id < $2', part, columns, columns) using low, high;
        delete from milepost.behavior_events_default where event_id >= low and event_id < high;
      end if;
      execute format('alter table public.behavior_events attach partition milepost.%I for values from (%L) to (%L)',
        part, low, high);
      made := made + 1;
    end if;
    month := (month + interval '1 month')::date;
  end loop;
  return made;
end $$;

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
);
comment on column public.behavior_sessions.session_duration is 'From the first to the last event, in milliseconds.';

create table public.customer_actions (
  action_id uuid primary key default milepost.uuid7(),
  customer_id text not null check (length(customer_id) between 1 and 200),
  user_id text check (length(user_id) between 1 and 200),
  action_type text not null check (length(action_type) between 1 and 200),
  role text not null default 'intervention'
    constraint customer_actions_role_check check (role in ('intervention', 'outcome')),
  description text,
  competency_area text check (length(competency_area) between 1 and 200),
  business_impact text not null default 'medium'
    constraint customer_actions_business_impact_check check (business_impact in ('low', 'medium', 'high')),
  value numeric,
  currency text check (length(currency) = 3),
  action_metadata jsonb not null default '{}',
  source text,
  "timestamp" timestamptz not null default now(),
  received_at timestamptz not null default now(),
  deleted_at timestamptz
);
comment on table public.customer_actions is 'Offline activities of customers: calls, workshops, proposals, deals.';

-- -- Indexes: the mission's thirteen (the other six stand with their tables), then ours ------------

create index idx_behavior_events_customer_id on public.behavior_events (customer_id);
create index idx_behavior_events_session_id on public.behavior_events (session_id);
create index idx_behavior_events_event_type on public.behavior_events (event_type);
create index idx_behavior_events_tool_id on public.behavior_events (tool_id);
create index idx_behavior_events_business_impact on public.behavior_events (business_impact);
create index idx_behavior_events_timestamp on public.behavior_events ("timestamp");
create index idx_behavior_events_customer_timestamp on public.behavior_events (customer_id, "timestamp" desc);
create index idx_behavior_sessions_customer_id on public.behavior_sessions (customer_id, started_at desc);
create index idx_behavior_sessions_session_id on public.behavior_sessions (session_id);
create index idx_behavior_sessions_started_at on public.behavior_sessions (started_at);

-- Whom an `identify`, `group` or `alias` moves, and whom an erasure finds.
create index idx_behavior_events_user_id on public.behavior_events (user_id) where user_id is not null;
create index idx_behavior_events_anonymous_id on public.behavior_events (anonymous_id)
  where anonymous_id is not null;
-- Expiry follows the order of arrival closely, so a block range index finds it at next to no cost.
create index idx_behavior_events_expires_on on public.behavior_events
  using brin (expires_on) with (pages_per_range = 32, autosummarize = on);
create index idx_customer_actions_customer_timestamp on public.customer_actions (customer_id, "timestamp" desc);

-- -- Who may see what ----------------------------------------------------------------------------

-- The customer this transaction reads for: the server's own setting, else a PostgREST or Supabase token.
create function milepost.current_customer() returns text
language sql stable parallel safe as $$
  select coalesce(
    nullif(current_setting('milepost.customer_id', true), ''),
    nullif(current_setting('request.jwt.claims', true), '')::jsonb ->> 'customer_id',
    nullif(current_setting('request.jwt.claims', true), '')::jsonb -> 'app_metadata' ->> 'customer_id',
    nullif(current_setting('request.jwt.claims', true), '')::jsonb ->> 'sub')
$$;

-- True for Milepost itself, false for a reader, who has put that role aside.
create function milepost.is_server() returns boolean
language sql stable parallel safe as $$
  select pg_has_role(current_user, 'milepost_server', 'member')
$$;

alter table public.behavior_events enable row level security, force row level security;
alter table public.behavior_sessions enable row level security, force row level security;
alter table public.customer_actions enable row level security, force row level security;

-- A customer reads its own rows. Only the server has a policy to write, so that a host that grants everything on new
-- tables to its own roles (Supabase does) still lets no customer write or delete.
create policy behavior_events_own on public.behavior_events for select
  using (customer_id = (select milepost.current_customer()) and deleted_at is null);
create policy behavior_sessions_own on public.behavior_sessions for select
  using (customer_id = (select milepost.current_customer()));
create policy customer_actions_own on public.customer_actions for select
  using (customer_id = (select milepost.current_customer()) and deleted_at is null);
do $$
declare
  target text;
begin
  foreach target in array array['behavior_events', 'behavior_sessions', 'customer_actions'] loop
    execute format('create policy %I on public.%I using ((select milepost.is_server()))'
      ' with check ((select milepost.is_server()))', target || '_server', target);
    execute format('revoke all on public.%I from public', target);
  end loop;
end $$;
