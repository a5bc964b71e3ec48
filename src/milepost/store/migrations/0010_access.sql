-- Who may do what: keys of the API, and the members of the team.

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

call milepost.protect('milepost.keys');
call milepost.protect('milepost.members');
call milepost.protect('milepost.sign_in_links');
