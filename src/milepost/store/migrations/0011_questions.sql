-- What the team saves about its questions: cohorts, reports, dashboards.

-- A set of customers by what they did or are; who is in it is worked out whenever it is asked.
create table milepost.cohorts (
  cohort_id uuid primary key default milepost.uuid7(),
  name text not null check (length(name) between 1 and 200),
  definition jsonb not null,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  created_by text
);

-- A question and how its answer is shown.
create table milepost.reports (
  report_id uuid primary key default milepost.uuid7(),
  name text not null check (length(name) between 1 and 200),
  question jsonb not null,
  shown jsonb not null default '{}',
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  created_by text
);

-- Reports side by side; `layout` says which, where and how large.
create table milepost.dashboards (
  dashboard_id uuid primary key default milepost.uuid7(),
  name text not null check (length(name) between 1 and 200),
  layout jsonb not null default '[]',
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  created_by text
);

call milepost.protect('milepost.cohorts');
call milepost.protect('milepost.reports');
call milepost.protect('milepost.dashboards');
