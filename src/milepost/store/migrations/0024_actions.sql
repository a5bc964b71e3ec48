-- The team's side of a recommendation: what it reads, who does it, until when it waits, how it ended. Rules: docs/coach.md.

-- Apart from milepost.recommendations, which its customer may read: nothing of this is theirs.
create table milepost.recommendation_work (
  recommendation_id uuid primary key references milepost.recommendations on delete cascade,
  -- What the team is to do, why, and what it may say; null for those made before there were such texts.
  action text,
  reason text,
  words text,
  assignee_id uuid references milepost.members (member_id) on delete set null,
  -- A day without a zone, as a task's is: it is back on that day.
  snoozed_until date,
  ended text check (ended in ('done', 'dismissed')),
  ended_at timestamptz,
  ended_by text,
  why text check (why in ('not_relevant', 'not_true', 'already_done', 'declined', 'other')),
  note text check (length(note) between 1 and 4000),
  check ((ended is null) = (ended_at is null))
);
create index idx_recommendation_work_assignee on milepost.recommendation_work (assignee_id)
  where assignee_id is not null;
create index idx_recommendation_work_snoozed on milepost.recommendation_work (snoozed_until)
  where snoozed_until is not null;
create index idx_recommendation_work_ended on milepost.recommendation_work (ended_at desc) where ended is not null;

-- What the team did about it, for the account's timeline. by, whom: e-mail addresses; by null: with a secret key.
create table milepost.recommendation_acts (
  act_id uuid primary key default milepost.uuid7(),
  recommendation_id uuid not null references milepost.recommendations on delete cascade,
  customer_id text not null check (length(customer_id) between 1 and 200),
  act text not null check (act in ('assign', 'snooze', 'wake', 'done', 'dismiss', 'reopen')),
  at timestamptz not null,
  by text,
  whom text,
  until date,
  why text,
  note text check (length(note) between 1 and 4000)
);
create index idx_recommendation_acts_customer on milepost.recommendation_acts (customer_id, at desc, act_id desc);
create index idx_recommendation_acts_recommendation on milepost.recommendation_acts (recommendation_id);

-- What was closed last, for whoever looks back.
create index idx_recommendations_closed on milepost.recommendations (closed_at desc, recommendation_id desc)
  where not held_out and closed_at is not null;

-- Whose account it is: of a member's accounts alone, not of everybody's.
create index idx_traits_owner on milepost.traits (lower(word))
  where kind = 'customer' and name = 'owner' and until is null;

call milepost.protect('milepost.recommendation_work');
call milepost.protect('milepost.recommendation_acts');
