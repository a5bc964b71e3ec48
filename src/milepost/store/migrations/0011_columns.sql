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

-- The number of an id, given to it if it has none.
create function milepost.number_of(kind text, id text) returns integer
language plpgsql as $$
declare
  found integer;
begin
  loop
    select n.number into found from milepost.numbers n where n.kind = number_of.kind and n.id = number_of.id;
    if found is not null then
      return found;
    end if;
    insert into milepost.numbers (kind, id) values (number_of.kind, number_of.id) on conflict do nothing;
  end loop;
end $$;

-- Forgets changes from before a time; answers how many. Mirrors that had not read them yet build themselves anew.
create function milepost.clean_event_changes(before timestamptz) returns integer
language plpgsql as $$
declare
  gone integer;
  highest xid8;
begin
  with old as (
    delete from milepost.event_changes where at < before returning xid
  )
  select count(*), max(xid) into gone, highest from old;
  if gone > 0 then
    update milepost.event_log set cleaned_xid = greatest(cleaned_xid, highest);
  end if;
  return gone;
end $$;

-- -- The triggers note what changed: otherwise they are as in 0003 --------------------------------

create or replace function milepost.on_events_inserted() returns trigger
language plpgsql as $$
declare
  batch milepost.told[];
  ids uuid[];
begin
  select array_agg(e.event_id) into ids from new_events e;
  if ids is null then
    return null;
  end if;
  insert into milepost.event_changes (kind, event_ids) values ('stored', ids);
  select array_agg(c) into batch from new_events e cross join lateral milepost.contribution(e) as c;
  if batch is not null then
    perform milepost.fold(batch);
  end if;
  return null;
end $$;

create or replace function milepost.on_events_updated() returns trigger
language plpgsql as $$
declare
  touched record;
begin
  insert into milepost.event_changes (kind, event_ids)
    select 'stored', array_agg(event_id) from new_events where deleted_at is null having count(*) > 0;
  insert into milepost.event_changes (kind, event_ids, customers, times)
    select 'gone', array_agg(event_id), array_agg(milepost.number_of('customer', customer_id)), array_agg("timestamp")
    from (
      select o.event_id, o.customer_id, o."timestamp" from old_events o left join new_events n using (event_id)
      where o.deleted_at is null
        and (n.event_id is null or n.deleted_at is not null
          or (o.customer_id, o."timestamp") is distinct from (n.customer_id, n."timestamp"))) as moved
    having count(*) > 0;
  with changed as (
    -- A full join: where the id itself was changed, the old row and the new one stand alone.
    select o, n from old_events o full join new_events n using (event_id)
    where (milepost.counts(o) or milepost.counts(n))
      and (o.event_id, o.customer_id, o.user_id, o.session_id, o.event_type, o.tool_id, o.business_impact,
        o.competency_area, o.current_arr, o.target_arr, o.growth_stage, o.event_metadata, o.referrer, o.device_type, o.browser,
        o."timestamp", milepost.counts(o))
      is distinct from (n.event_id, n.customer_id, n.user_id, n.session_id, n.event_type, n.tool_id, n.business_impact,
        n.competency_area, n.current_arr, n.target_arr, n.growth_stage, n.event_metadata, n.referrer, n.device_type,
        n.browser, n."timestamp", milepost.counts(n))
  ),
  sides as (
    select (o).customer_id, (o).session_id, ((o)."timestamp" at time zone 'UTC')::date as day from changed
    union
    select (n).customer_id, (n).session_id, ((n)."timestamp" at time zone 'UTC')::date from changed
  )
  select array_agg(customer_id) as day_customers, array_agg(day) as days,
    array_agg(customer_id) filter (where session_id is not null) as session_customers,
    array_agg(session_id) filter (where session_id is not null) as sessions
  into touched from sides where customer_id is not null;
  if touched.days is not null then
    perform milepost.repair(touched.day_customers, touched.days, touched.session_customers, touched.sessions);
  end if;
  return null;
end $$;

create or replace function milepost.on_events_deleted() returns trigger
language plpgsql as $$
declare
  touched record;
begin
  insert into milepost.event_changes (kind, event_ids, customers, times)
    select 'gone', array_agg(event_id), array_agg(milepost.number_of('customer', customer_id)), array_agg("timestamp")
    from old_events where deleted_at is null having count(*) > 0;
  -- What was noted of an event goes with it.
  delete from milepost.sent_users n using old_events o where n.event_id = o.event_id;
  select array_agg(customer_id) as day_customers, array_agg(day) as days,
    array_agg(customer_id) filter (where session_id is not null) as session_customers,
    array_agg(session_id) filter (where session_id is not null) as sessions
  into touched from (
    select distinct customer_id, session_id, ("timestamp" at time zone 'UTC')::date as day
    from old_events o where milepost.counts(o)) as sides;
  if touched.days is not null then
    perform milepost.repair(touched.day_customers, touched.days, touched.session_customers, touched.sessions);
  end if;
  return null;
end $$;

create or replace function milepost.on_events_truncated() returns trigger
language plpgsql as $$
begin
  insert into milepost.event_changes (kind) values ('emptied');
  delete from milepost.sent_users;
  -- Deleted, not truncated: they may stand in the same TRUNCATE, whose locks a second one would run into.
  delete from public.behavior_sessions;
  delete from milepost.customer_days;
  delete from milepost.competency_days;
  perform milepost.refresh_standing(array(select customer_id from milepost.standing order by 1 for update));
  return null;
end $$;

do $$
declare
  target text;
begin
  foreach target in array array['numbers', 'event_changes', 'event_log'] loop
    execute format('revoke all on milepost.%I from public', target);
    execute format('alter table milepost.%I enable row level security, force row level security', target);
    execute format('create policy %I on milepost.%I using ((select milepost.is_server()))', target || '_server', target);
  end loop;
end $$;
revoke all on function milepost.number_of(text, text), milepost.clean_event_changes(timestamptz) from public;
grant execute on function milepost.number_of(text, text), milepost.clean_event_changes(timestamptz) to milepost_server;
