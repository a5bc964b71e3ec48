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

revoke all on milepost.validations from public;
alter table milepost.validations enable row level security, force row level security;
create policy validations_server on milepost.validations using ((select milepost.is_server()));
