-- Exports by schedule, and what came of each run.

create table milepost.export_schedules (
  schedule_id uuid primary key default milepost.uuid7(),
  -- s3://BUCKET/PREFIX, or the name of a folder below exports in the data folder. A bucket's secrets are the server's
  -- environment's.
  target text not null unique check (length(target) between 1 and 500),
  format text not null check (format in ('parquet', 'csv', 'ndjson', 'arrow')),
  data_sets text[] not null check (cardinality(data_sets) between 1 and 20),
  every_hours integer not null check (every_hours between 1 and 168),
  -- Everything once more after so many days, so that what was erased is nowhere in it any longer.
  anew_days integer not null check (anew_days between 1 and 366),
  anew_at timestamptz not null,
  due_at timestamptz not null,
  created_at timestamptz not null,
  -- A member's e-mail address; null: it came with a secret key.
  created_by text
);

create table milepost.export_runs (
  run_id bigint primary key generated always as identity,
  schedule_id uuid not null references milepost.export_schedules on delete cascade,
  state text not null default 'running' check (state in ('running', 'done', 'failed')),
  begun_at timestamptz not null,
  progress_at timestamptz not null,
  finished_at timestamptz,
  data_set text,
  rows bigint not null default 0,
  bytes bigint not null default 0,
  files bigint not null default 0,
  problem text
);
create index idx_export_runs_schedule on milepost.export_runs (schedule_id, run_id desc);

call milepost.protect('milepost.export_schedules');
call milepost.protect('milepost.export_runs');
