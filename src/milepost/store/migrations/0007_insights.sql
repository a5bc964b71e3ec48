-- What is settled a moment after a commit, for what lists sort and filter by and what the history remembers. Formulas:
-- docs/scores.md; how settling works: docs/decisions/0009.

-- A row a customer, as of `day`: insights, practice and results, the game. due_on: the day it has to be settled again.
create table milepost.snapshots (
  customer_id text primary key references milepost.standing on delete cascade,
  -- The customer's in milepost.numbers: what its history is kept under.
  number integer not null unique,
  day date not null,
  due_on date not null,
  settled_at timestamptz not null,
  plan_version integer not null,
  score_version integer not null,
  current_scaling_score double precision,
  score_coverage double precision,
  score_components jsonb,
  -- A quarter of the points of 28 days: the leaderboard's order too.
  systematic_progression_rate double precision not null,
  professional_credibility_trend text,
  points_last_14_days bigint not null,
  points_14_days_before bigint not null,
  active_weeks integer not null,
  inconsistent_system_usage boolean,
  low_business_impact_actions boolean,
  low_impact_share double precision,
  -- Practice by competency.
  competency_scores jsonb not null,
  weakest_competency text,
  -- docs/offline.md. results_by: {competency: results}, only where there are some.
  practice double precision not null default 0,
  results double precision not null default 0,
  results_by jsonb not null default '{}',
  -- docs/game.md; null until the game's step has been here. levels: {competency: level}, none for level 0.
  points bigint,
  levels jsonb,
  badges integer,
  streak_weeks integer,
  streak_longest integer,
  streak_state text check (streak_state in ('active', 'due', 'grace', 'none')),
  -- The first day before `day` that has to be written anew, null where there is none; when days were last written.
  history_from date default '0001-01-01',
  history_at timestamptz,
  -- When game and coach were last brought up altogether; before settled_at where they have yet to follow.
  slow_at timestamptz
  -- Its steps write it one after another: within its page, where no indexed column changes.
) with (fillfactor = 70);
create index idx_behavior_insights_due on milepost.snapshots (due_on, customer_id);
create index idx_behavior_insights_score on milepost.snapshots (current_scaling_score desc nulls last, customer_id);
create index idx_behavior_insights_rate on milepost.snapshots (systematic_progression_rate desc, customer_id);
create index idx_behavior_insights_streak on milepost.snapshots (streak_weeks desc, customer_id) include (streak_state)
  where streak_weeks > 0;
create index idx_snapshots_following on milepost.snapshots (slow_at) where slow_at < settled_at;

-- The insights of a past UTC day and plan version, as they were at its end: at most 80 bytes. The rest is worked out
-- when it is read. Parts: null where there was not enough data.
create table milepost.insight_days (
  customer integer not null references milepost.snapshots (number) on delete cascade,
  plan_version integer not null,
  day date not null,
  -- A quarter of it is the rate.
  points_28 integer not null,
  score real,
  competencies real,
  breadth real,
  consistency real,
  recency real,
  momentum real,
  outcomes real,
  -- The place of the weakest competency in its plan version.
  weakest smallint,
  -- 1 improving, 0 stable, -1 declining.
  trend smallint,
  inconsistent_system_usage boolean,
  low_business_impact_actions boolean,
  primary key (customer, plan_version, day)
);
-- A night writes everybody's day, so days lie together: a block range index finds them, and costs next to nothing.
create index idx_insight_days_day on milepost.insight_days using brin (day) with (autosummarize = on);

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
  progress_at timestamptz not null,
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

call milepost.protect('milepost.snapshots', customers_read => true);
call milepost.protect('milepost.insight_days');
create policy insight_days_own on milepost.insight_days for select using (
  customer = (select number from milepost.snapshots where customer_id = (select milepost.current_customer())));
call milepost.protect('milepost.validations');
