-- What the column store follows: a number for every customer and user, and which events changed in which transaction.

-- The column store knows people by these numbers alone, so nobody's id has to be erased there.
create table milepost.numbers (
  number integer generated always as identity primary key,
  kind text not null check (kind in ('customer', 'user', 'anonymous')),
  id text not null,
  unique (kind, id)
);

-- Written by the statement-level triggers: one row a statement, in the transaction of the events themselves. A mirror
-- reads the rows whose transaction its last snapshot did not see, so that no late commit is passed over.
create table milepost.event_changes (
  change_id bigint generated always as identity primary key,
  xid xid8 not null default pg_current_xact_id(),
  kind text not null check (kind in ('stored', 'gone', 'emptied')),
  event_ids uuid[] not null default '{}',
  -- Of `gone`: where each event stood in the mirror, which finds a row by customer, time and id.
  customers integer[] not null default '{}',
  times timestamptz[] not null default '{}',
  at timestamptz not null default clock_timestamp()
);
-- Random bytes do not compress: trying costs time on the hot path.
alter table milepost.event_changes alter column event_ids set storage external;
create index idx_event_changes_xid on milepost.event_changes (xid);

-- Which database this is, for a mirror to know whether it is of this one; and the last change that was cleaned up, for
-- a mirror to know whether it has missed any.
create table milepost.event_log (
  only_one boolean primary key default true check (only_one),
  epoch uuid not null default gen_random_uuid(),
  cleaned_xid xid8
);
insert into milepost.event_log default values;

call milepost.protect('milepost.numbers');
call milepost.protect('milepost.event_changes');
call milepost.protect('milepost.event_log');
