-- The coach: recommendations and their lives, what was learned, the webhook's outbox. Rules: docs/coach.md.

-- What belongs to the coach of this database alone. hold_out_seed: decides, with customer and playbook, who is held out.
create table milepost.coach (
  only_one boolean primary key default true check (only_one),
  hold_out_seed uuid not null default gen_random_uuid(),
  webhook boolean not null default false,
  learned_at timestamptz
);
insert into milepost.coach default values;

-- What was recommended, when and why; the rest of the row is its life, derived from events and marks by settling.
create table milepost.recommendations (
  recommendation_id uuid primary key default milepost.uuid7(),
  customer_id text not null references milepost.standing on delete cascade,
  source text not null check (source in ('playbook', 'learned')),
  -- The playbook's id; 'learned' for all that was learned, which has one cool-down and one lift.
  playbook text not null,
  -- What it asks for: no customer is asked for the same twice at a time.
  asks_for text not null,
  plan_version integer not null,
  rank double precision not null,
  title text not null,
  action text not null,
  tool_id text,
  competency text,
  url text,
  reason text not null,
  evidence jsonb not null default '[]',
  -- Made and measured like the others, but never shown, sent or counted as open.
  held_out boolean not null,
  -- The customer's first of its playbook: the one the lift is measured by.
  is_first boolean not null,
  -- The event that is it, without anybody saying so.
  done_type text,
  done_tool text,
  done_section text,
  made_at timestamptz not null,
  expires_at timestamptz not null,
  shown_at timestamptz,
  accepted_at timestamptz,
  dismissed_at timestamptz,
  done_at timestamptz,
  done_by uuid,
  state text not null default 'made' check (state in ('made', 'shown', 'accepted', 'dismissed', 'done', 'expired')),
  closed_at timestamptz,
  -- The outcome, once the days after are over: points in as many days before and after.
  points_before bigint,
  points_after bigint,
  moved_up boolean
);
comment on table milepost.recommendations is 'What the coach recommended, and what became of it.';
create index idx_recommendations_customer on milepost.recommendations (customer_id, made_at desc);
-- The queue in its order, for each way it is filtered: it is read far more often than written.
create index idx_recommendations_open on milepost.recommendations
  (rank desc, made_at desc, recommendation_id desc) where not held_out and closed_at is null;
create index idx_recommendations_open_playbook on milepost.recommendations
  (playbook, rank desc, made_at desc, recommendation_id desc) where not held_out and closed_at is null;
create index idx_recommendations_all on milepost.recommendations
  (rank desc, made_at desc, recommendation_id desc) where not held_out;
create index idx_recommendations_state on milepost.recommendations
  (state, rank desc, made_at desc, recommendation_id desc) where not held_out;
create index idx_recommendations_playbook on milepost.recommendations
  (playbook, rank desc, made_at desc, recommendation_id desc) where not held_out;
create index idx_recommendations_playbook_state on milepost.recommendations
  (playbook, state, rank desc, made_at desc, recommendation_id desc) where not held_out;
-- Rows come in the order of their making, so a block range index finds a day's at next to no cost.
create index idx_recommendations_made on milepost.recommendations using brin (made_at) with (autosummarize = on);

-- What the team, or a customer through /v1/me, said of a recommendation without sending an event.
create table milepost.recommendation_marks (
  recommendation_id uuid not null references milepost.recommendations on delete cascade,
  mark text not null check (mark in ('shown', 'accepted', 'dismissed', 'done')),
  at timestamptz not null,
  made_by text,
  primary key (recommendation_id, mark)
);

-- How each playbook does, both arms apart: counted by the hour, as there may be millions of recommendations.
create table milepost.coach_tallies (
  playbook text not null,
  held_out boolean not null,
  made bigint not null,
  shown bigint not null,
  accepted bigint not null,
  dismissed bigint not null,
  done bigint not null,
  open bigint not null,
  -- Of the customers whose first recommendation is measured: how many, how many moved up, and their points after.
  measured bigint not null,
  moved_up bigint not null,
  points_sum double precision not null,
  points_squares double precision not null,
  counted_at timestamptz not null,
  primary key (playbook, held_out)
);

-- Of customers in one situation: how many of those who did a thing next moved up after it, and of those who did not.
create table milepost.coach_learned (
  band integer not null,
  competency text not null,
  step text not null,
  did bigint not null,
  did_moved_up bigint not null,
  did_not bigint not null,
  did_not_moved_up bigint not null,
  difference double precision not null,
  low double precision not null,
  high double precision not null,
  learned_at timestamptz not null,
  primary key (band, competency, step)
);

-- Messages for the webhook, written with what they tell of; the worker sends them until they are taken.
create table milepost.webhook_deliveries (
  delivery_id uuid primary key default milepost.uuid7(),
  recommendation_id uuid not null references milepost.recommendations on delete cascade,
  body text not null,
  made_at timestamptz not null,
  attempts integer not null default 0,
  next_try_at timestamptz,
  delivered_at timestamptz,
  gave_up_at timestamptz,
  last_status integer,
  last_error text
);
create index idx_webhook_deliveries_due on milepost.webhook_deliveries (next_try_at) where next_try_at is not null;
create index idx_webhook_deliveries_recommendation on milepost.webhook_deliveries (recommendation_id);
create index idx_webhook_deliveries_made on milepost.webhook_deliveries (made_at);

call milepost.protect('milepost.coach');
call milepost.protect('milepost.recommendations');
create policy recommendations_own on milepost.recommendations for select
  using (customer_id = (select milepost.current_customer()) and not held_out);
call milepost.protect('milepost.recommendation_marks');
call milepost.protect('milepost.coach_tallies');
call milepost.protect('milepost.coach_learned');
call milepost.protect('milepost.webhook_deliveries');
