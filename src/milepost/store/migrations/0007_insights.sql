-- What is settled a moment after a commit, for what lists sort and filter by and what the history remembers. Formulas:
-- docs/scores.md; how settling works: docs/decisions/0009.

-- A row a customer, UTC day and plan version: the insights as they were at the end of that day, as events tell it now.
create table milepost.insight_days (
  customer_id text not null references milepost.standing on delete cascade,
  plan_version integer not null,
  day date not null,
  current_scaling_score double precision,
  score_coverage double precision,
  score_components jsonb,
  systematic_progression_rate double precision not null,
  professional_credibility_trend text,
  points_last_14_days bigint not null,
  points_14_days_before bigint not null,
  active_weeks integer not null,
  inconsistent_system_usage boolean,
  low_business_impact_actions boolean,
  low_impact_share double precision,
  competency_scores jsonb not null,
  primary key (customer_id, plan_version, day)
);
create index idx_insight_days_day on milepost.insight_days (day);

-- The same for the last day it was settled: what lists sort and filter by. due_on: the day it has to be settled again.
create table milepost.snapshots (
  customer_id text primary key references milepost.standing on delete cascade,
  day date not null,
  due_on date not null,
  settled_at timestamptz not null,
  plan_version integer not null,
  score_version integer not null,
  current_scaling_score double precision,
  score_coverage double precision,
  score_components jsonb,
  systematic_progression_rate double precision not null,
  professional_credibility_trend text,
  points_last_14_days bigint not null,
  points_14_days_before bigint not null,
  active_weeks integer not null,
  inconsistent_system_usage boolean,
  low_business_impact_actions boolean,
  low_impact_share double precision,
  competency_scores jsonb not null,
  weakest_competency text
);
create index idx_behavior_insights_due on milepost.snapshots (due_on, customer_id);
create index idx_behavior_insights_score on milepost.snapshots (current_scaling_score desc nulls last, customer_id);
create index idx_behavior_insights_rate on milepost.snapshots (systematic_progression_rate desc, customer_id);

-- Practice and results (docs/offline.md), as they were on `day`, for the page that shows all customers.
create table milepost.practice (
  customer_id text primary key references milepost.standing on delete cascade,
  day date not null,
  practice double precision not null,
  results double precision not null,
  -- By competency: {id: value}; results only where there are some.
  practice_by jsonb not null,
  results_by jsonb not null
) with (fillfactor = 80);
comment on table milepost.practice is 'Practice and results of each customer, settled: what the page of all customers reads.';
-- Does the score mean anything: every comparison that was made of it with what happened next, asked for or run from the
-- command line. A report holds figures over many customers and no customer's own. docs/validation.md.

create table milepost.validations (
  validation_id bigint primary key generated always as identity,
  state text not null default 'waiting' check (state in ('waiting', 'running', 'done', 'failed', 'cancelled')),
  -- Days from one slice to the next, days that count as "next", and at most so many customers.
  every_days integer not null check (every_days between 1 and 3650),
  after_days integer not null check (after_days between 1 and 3650),
  most_customers integer not null check (most_customers > 0),
  asked_at timestamptz not null,
  asked_by text,
  -- The last sign of life, and how far it is.
  told_at timestamptz not null,
  done bigint not null default 0,
  total bigint not null default 0,
  finished_at timestamptz,
  problem text,
  plan_version integer,
  score_version integer,
  report jsonb
);
-- One at a time: it takes a while, and two would say the same.
create unique index idx_validations_under_way on milepost.validations ((true)) where state in ('waiting', 'running');
create index idx_validations_finished on milepost.validations (finished_at desc) where state = 'done';


call milepost.protect('milepost.insight_days', customers_read => true);
call milepost.protect('milepost.snapshots', customers_read => true);
call milepost.protect('milepost.practice');
call milepost.protect('milepost.validations');
