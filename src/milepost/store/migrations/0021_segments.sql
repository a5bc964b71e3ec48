-- Saved filters of customers: kept as conditions, never as a list of who fulfilled them once.
create table milepost.segments (
  segment_id uuid primary key default milepost.uuid7(),
  -- How addresses and questions call it: made of the first name, and the same for good.
  slug text not null unique check (slug ~ '^[a-z0-9][a-z0-9-]{0,79}$'),
  name text not null check (length(name) between 1 and 200),
  -- An array of {"field", "op", "values"}, as a question's filters: all must hold.
  conditions jsonb not null check (jsonb_typeof(conditions) = 'array'),
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  created_by text
);
create unique index idx_segments_name on milepost.segments (lower(name));
call milepost.protect('milepost.segments');
