-- Tracking plans that were saved on the pages, as they were written. The newest is in force where no file is read; the
-- others are how somebody goes back to one.
create table milepost.saved_plans (
  saved_plan_id integer primary key generated always as identity,
  text text not null,
  saved_at timestamptz not null default now(),
  -- The member's e-mail address, also when the member has gone.
  saved_by text not null,
  -- What changed, in a line.
  change text not null
);
call milepost.protect('milepost.saved_plans');
