-- What the server itself remembers: keys, people, identities, and how they were tied.

create table milepost.keys (
  key_id uuid primary key default milepost.uuid7(),
  kind text not null check (kind in ('write', 'secret')),
  name text not null check (length(name) between 1 and 200),
  -- A write key is public, so it may be shown again; of a secret key only this hash is kept.
  key_hash bytea not null unique,
  prefix text not null,
  public_key text check ((kind = 'write') = (public_key is not null)),
  created_at timestamptz not null default now(),
  created_by text,
  last_used_at timestamptz,
  revoked_at timestamptz
);

create table milepost.members (
  member_id uuid primary key default milepost.uuid7(),
  email text not null unique check (email = lower(email) and length(email) between 3 and 320),
  password_hash text not null,
  created_at timestamptz not null default now(),
  last_sign_in_at timestamptz
);

create table milepost.sign_in_links (
  token_hash bytea primary key,
  created_at timestamptz not null default now(),
  expires_at timestamptz not null,
  used_at timestamptz
);

-- Names and traits that `group` and `identify` told.
create table milepost.customers (
  customer_id text primary key,
  name text,
  traits jsonb not null default '{}',
  updated_at timestamptz not null default now()
);
create index idx_customers_name on milepost.customers (lower(name) text_pattern_ops, customer_id);
create table milepost.users (
  user_id text primary key,
  customer_id text,
  traits jsonb not null default '{}',
  updated_at timestamptz not null default now()
);

-- Which user an anonymous id turned out to be, and which user id was merged into another.
create table milepost.aliases (
  kind text not null check (kind in ('anonymous', 'user')),
  alias_id text not null,
  user_id text not null,
  change_id uuid not null,
  primary key (kind, alias_id)
);

-- One row an identify, group or alias that changed something, with the events it moved, so that it can be undone.
create table milepost.identity_changes (
  change_id uuid primary key default milepost.uuid7(),
  kind text not null check (kind in ('identify', 'group', 'alias')),
  from_id text not null,
  to_id text not null,
  previous text,
  made_at timestamptz not null default now(),
  undone_at timestamptz
);
create table milepost.identity_moves (
  change_id uuid not null references milepost.identity_changes on delete cascade,
  event_id uuid not null,
  customer_id text not null,
  user_id text,
  customer_known boolean not null,
  primary key (change_id, event_id)
);

do $$
declare
  target text;
begin
  -- Internal tables are nobody's but the server's, on hosts that grant to everyone by default too.
  foreach target in array array['plan', 'plan_points', 'keys', 'members', 'sign_in_links', 'customers', 'users',
    'aliases', 'identity_changes', 'identity_moves'] loop
    execute format('revoke all on milepost.%I from public', target);
    execute format('alter table milepost.%I enable row level security', target);
    execute format('create policy %I on milepost.%I using ((select milepost.is_server()))', target || '_server', target);
  end loop;
end $$;
create policy plan_read on milepost.plan for select using (true);
create policy customers_own on milepost.customers for select
  using (customer_id = (select milepost.current_customer()));
grant select on milepost.customers to milepost_reader;

-- Functions that change something are the server's; a reader needs only those its views and policies call.
revoke all on all functions in schema milepost from public;
revoke all on function public.cleanup_expired_behavior_events(integer, timestamptz) from public;
grant execute on all functions in schema milepost to milepost_server;
grant execute on function public.cleanup_expired_behavior_events(integer, timestamptz) to milepost_server;
grant execute on function milepost.current_customer(), milepost.is_server(), milepost.plan_number(text[]),
  milepost.competency_scores(text, date), milepost.insights_on(text, date) to milepost_reader;

-- Supabase and PostgREST hosts: their signed-in role reads as a customer does, and writes nothing.
do $$
declare
  host_role text;
begin
  for host_role in select rolname from pg_roles where rolname in ('anon', 'authenticated') loop
    execute format('revoke all on public.behavior_events, public.behavior_sessions, public.behavior_insights,'
      ' public.customer_actions from %I', host_role);
    if host_role = 'authenticated' then
      execute 'grant milepost_reader to authenticated';
    end if;
  end loop;
end $$;

select milepost.ensure_partitions((now() - interval '13 months')::date, (now() + interval '3 months')::date);
