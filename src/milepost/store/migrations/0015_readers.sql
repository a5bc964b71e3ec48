-- Whose tokens no longer count, and whose rows a database role of a person reads.

-- One token by its id (`jti`), or all of a customer's that were issued until `revoked_at`. A row stays: when the token
-- would have ended is in the token alone.
create table milepost.token_revocations (
  revocation_id uuid primary key default milepost.uuid7(),
  token_id text unique check (length(token_id) between 1 and 200),
  customer_id text unique check (length(customer_id) between 1 and 200),
  revoked_at timestamptz not null default now(),
  revoked_by text,
  check (num_nonnulls(token_id, customer_id) = 1)
);
-- Servers read what is new, and lists begin with the newest.
create index token_revocations_revoked_at on milepost.token_revocations (revoked_at, revocation_id);

-- By name, as roles are no part of a dump. Only the server writes it (milepost.grant_reading), so no role can change
-- whose rows it reads.
create table milepost.sql_readers (
  role_name name primary key,
  customer_id text not null check (length(customer_id) between 1 and 200)
);

call milepost.protect('milepost.token_revocations');
call milepost.protect('milepost.sql_readers');
create policy sql_readers_own on milepost.sql_readers for select using (role_name = session_user);
