-- The tracking plan, as the database needs it.

-- Every plan whose points or scores differ from the one before. Old ones stay, for the history they made.
create table milepost.plans (
  plan_version integer primary key generated always as identity,
  score_version integer not null,
  hash text not null unique,
  document jsonb not null,
  applied_at timestamptz not null default now(),
  rules jsonb generated always as (milepost.plan_rules(document)) stored
);

-- The one in force.
create table milepost.plan (
  only_one boolean primary key default true check (only_one),
  hash text not null,
  document jsonb not null,
  applied_at timestamptz not null default now(),
  plan_version integer not null
);

create table milepost.plan_points (
  event_type text not null,
  impact text not null,
  points integer not null check (points >= 0),
  plan_version integer not null,
  primary key (plan_version, event_type, impact)
);

call milepost.protect('milepost.plans');
call milepost.protect('milepost.plan');
call milepost.protect('milepost.plan_points');
-- What an event is worth is no secret.
create policy plans_read on milepost.plans for select using (true);
create policy plan_read on milepost.plan for select using (true);
create policy plan_points_read on milepost.plan_points for select using (true);
