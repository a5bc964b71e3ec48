-- Who is signed in where, so that signing out ends it wherever the cookie was copied to.

create table milepost.member_sessions (
  session_id uuid primary key default milepost.uuid7(),
  member_id uuid not null references milepost.members on delete cascade,
  started_at timestamptz not null
);

call milepost.protect('milepost.member_sessions');
