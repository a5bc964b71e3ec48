-- What the server itself remembers: keys, the team's members, customers' names.

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
do $$
declare
  target text;
begin
  -- Internal tables are nobody's but the server's, on hosts that grant to everyone by default too.
  foreach target in array array['plan', 'plan_points', 'keys', 'members', 'sign_in_links', 'customers'] loop
    execute format('revoke all on milepost.%I from public', target);
    execute format('alter table milepost.%I enable row level security, force row level security', target);
    execute format('create policy %I on milepost.%I using ((select milepost.is_server()))', target || '_server', target);
  end loop;
end $$;
create policy plan_read on milepost.plan for select using (true);
create policy customers_own on milepost.customers for select
  using (customer_id = (select milepost.current_customer()));
