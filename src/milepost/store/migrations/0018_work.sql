-- The team's side of an account: notes, tasks, tags; offline actions that are the team's own. Rules: docs/accounts.md.

-- Who wrote it stays, as a text, when the member has gone.
create table milepost.notes (
  note_id uuid primary key default milepost.uuid7(),
  customer_id text not null check (length(customer_id) between 1 and 200),
  text text not null check (length(text) between 1 and 4000),
  -- The member's e-mail address; null: it came with a secret key.
  author text,
  pinned boolean not null default false,
  created_at timestamptz not null default now(),
  updated_at timestamptz
);
create index idx_notes_customer on milepost.notes (customer_id, created_at desc, note_id desc);

-- done_by, created_by: as author above. Of a member who is removed, what was still to be done is nobody's.
create table milepost.tasks (
  task_id uuid primary key default milepost.uuid7(),
  customer_id text not null check (length(customer_id) between 1 and 200),
  title text not null check (length(title) between 1 and 200),
  text text check (length(text) between 1 and 4000),
  due date,
  assignee_id uuid references milepost.members (member_id) on delete set null,
  created_at timestamptz not null default now(),
  created_by text,
  done_at timestamptz,
  done_by text
);
create index idx_tasks_customer on milepost.tasks (customer_id, created_at desc, task_id desc);
-- The order of every list: the soonest first, those without a day last.
create index idx_tasks_open on milepost.tasks (coalesce(due, 'infinity'), task_id) where done_at is null;
create index idx_tasks_done on milepost.tasks (done_at desc, task_id desc) where done_at is not null;
create index idx_tasks_assignee on milepost.tasks (assignee_id) where assignee_id is not null;

-- tag_key: what two tags are the same by; tag: as it was first written, of all customers.
create table milepost.tags (
  customer_id text not null check (length(customer_id) between 1 and 200),
  tag_key text not null,
  tag text not null check (length(tag) between 1 and 60),
  tag_id uuid not null default milepost.uuid7(),
  added_at timestamptz not null default now(),
  added_by text,
  primary key (customer_id, tag_key)
);
create index idx_tags_key on milepost.tags (tag_key, customer_id);

call milepost.protect('milepost.notes');
call milepost.protect('milepost.tasks');
call milepost.protect('milepost.tags');

-- A private action is the team's: its customer never reads it. What it counts for, it counts for either way.
alter table public.customer_actions add column private boolean not null default false;
drop policy customer_actions_own on public.customer_actions;
create policy customer_actions_own on public.customer_actions for select
  using (customer_id = (select milepost.current_customer()) and deleted_at is null and not private);

-- What private outcomes are worth: all that a customer's own numbers need of them, so that they are the same whoever
-- asks. It holds no text: a competency of the plan is found by its mark.
create table milepost.private_outcomes (
  action_id uuid primary key,
  customer_id text not null,
  day date not null,
  business_impact text not null,
  competency_mark text
);
create index idx_private_outcomes_customer on milepost.private_outcomes (customer_id, day);
call milepost.protect('milepost.private_outcomes', customers_read => true);
