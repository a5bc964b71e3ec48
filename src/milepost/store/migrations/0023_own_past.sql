-- A customer against its own past: on how many of the last 28 days it was active, and on how many that is usual for it.
alter table milepost.snapshots
  add column active_days integer,
  -- Null: too little of a past to tell.
  add column usual_days double precision,
  -- Of those who fell to half of that or less: how many of their usual days passed since they were last seen.
  add column missed_days double precision;

-- Who is at risk is the first of these.
create index idx_snapshots_missed on milepost.snapshots (missed_days desc, customer_id) where missed_days is not null;

-- Everybody is settled again, as on a new day, and has all three then.
update milepost.snapshots set due_on = day where due_on > day;
