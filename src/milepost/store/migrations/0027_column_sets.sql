-- Columns of the customers' list, in their order: under a name for the team, or what the list begins with for a member.
create table milepost.column_sets (
  set_id uuid primary key default milepost.uuid7(),
  -- What the team calls them; null: a member's own.
  name text check (length(name) between 1 and 100),
  member_id uuid unique references milepost.members (member_id) on delete cascade,
  -- As an address has them: a word of ours, or trait.NAME.
  columns text[] not null,
  updated_at timestamptz not null,
  updated_by text,
  check ((name is null) <> (member_id is null))
);
create unique index idx_column_sets_name on milepost.column_sets (lower(name));
call milepost.protect('milepost.column_sets');
