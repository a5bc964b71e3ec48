-- Whose tokens no longer count.

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

call milepost.protect('milepost.token_revocations');
