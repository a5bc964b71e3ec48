-- Identity: which user an anonymous id turned out to be, which users are one, who belongs to which customer.
--
-- Ownership is a mapping: a tie is one row, true at once for everything that is stored from then on. What was stored
-- before follows in small batches (milepost.follow), and goes back when a tie is undone. docs/decisions/0010.

-- What identify, group and alias said: from_id is the user, or belongs to the customer, to_id. Of several standing ties
-- of one id, the newest counts.
create table milepost.ties (
  tie_id uuid primary key default milepost.uuid7(),
  call text not null check (call in ('identify', 'group', 'alias')),
  kind text not null check (kind in ('anonymous', 'user')),
  from_id text not null,
  to_id text not null,
  made_at timestamptz not null,
  undone_at timestamptz
);
create index idx_ties_from on milepost.ties (from_id, kind, made_at desc) where undone_at is null;
create index idx_ties_to on milepost.ties (to_id) where undone_at is null and call <> 'group';

-- Ids whose stored events have yet to be looked at after a tie or its undoing (milepost.follow).
create table milepost.followings (
  kind text not null check (kind in ('anonymous', 'user')),
  id text not null,
  -- Whether the ids that stand for it are here too.
  listed boolean not null default false,
  -- Transactions older than this one may still store events by the ties of before: the look begins when they are over.
  behind xid8,
  -- The last event looked at.
  after uuid,
  looked_at bigint not null default 0,
  moved bigint not null default 0,
  since timestamptz not null default clock_timestamp(),
  primary key (kind, id)
);

-- Days and sessions that moved events of an id counted in, to be counted anew once all of its events have gone.
create table milepost.leavings (
  leaving_id bigint primary key generated always as identity,
  kind text not null,
  id text not null,
  customer_id text not null,
  day date,
  session_id text check ((day is null) <> (session_id is null)),
  unique nulls not distinct (customer_id, day, session_id, kind, id)
);

-- What `identify` told of users, and `group` of customers.
create table milepost.users (
  user_id text primary key,
  traits jsonb not null default '{}',
  updated_at timestamptz not null default now()
);
create table milepost.customers (
  customer_id text primary key,
  name text,
  traits jsonb not null default '{}',
  updated_at timestamptz not null default now()
);
create index idx_customers_name on milepost.customers (lower(name) text_pattern_ops, customer_id);

call milepost.protect('milepost.ties');
call milepost.protect('milepost.followings');
call milepost.protect('milepost.leavings');
call milepost.protect('milepost.users');
call milepost.protect('milepost.customers', customers_read => true);
