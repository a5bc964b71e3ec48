-- SQL for analysts: the role that reads the views of the schema reporting, and the team's saved queries.
-- Rules: docs/sql.md.

do $$
begin
  create role milepost_analyst nologin;
exception when duplicate_object or unique_violation then null;
end $$;

create schema reporting;
revoke all on schema reporting from public;

-- Of these tables an analyst has no right to read any: they come into sight through the views alone.
do $$
declare
  target text;
begin
  foreach target in array array['public.behavior_events', 'public.customer_actions', 'milepost.sessions',
    'milepost.standing', 'milepost.customers', 'milepost.snapshots', 'milepost.traits', 'milepost.tags',
    'milepost.users', 'milepost.ties', 'milepost.insight_days', 'milepost.plans', 'milepost.recommendations',
    'milepost.recommendation_work', 'milepost.members', 'milepost.predictions', 'milepost.prediction_models']
  loop
    execute format('create policy %I on %s for select using ((select milepost.is_analyst()))',
      split_part(target, '.', 2) || '_analyst', target);
  end loop;
end $$;

create table milepost.saved_queries (
  query_id uuid primary key default milepost.uuid7(),
  name text not null check (name <> '' and length(name) <= 100),
  -- What it reads, and how the page draws it.
  statement text not null check (statement <> '' and length(statement) <= 20000),
  chart text not null default 'none' check (chart in ('none', 'line', 'bar')),
  made_at timestamptz not null,
  made_by text not null,
  changed_at timestamptz not null,
  changed_by text not null
);
create unique index idx_saved_queries_name on milepost.saved_queries (lower(name));
call milepost.protect('milepost.saved_queries');
