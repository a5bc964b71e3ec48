-- Events that are gone leave the column store, and the days and sessions they counted in are counted anew.
create or replace function milepost.on_events_deleted() returns trigger
language plpgsql as $$
declare
  touched record;
begin
  insert into milepost.event_changes (kind, event_ids, customers, times)
    select 'gone', array_agg(event_id), array_agg(milepost.number_of('customer', customer_id)), array_agg("timestamp")
    from old_events where deleted_at is null having count(*) > 0;
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

create or replace trigger behavior_events_delete after delete on public.behavior_events
  referencing old table as old_events for each statement execute function milepost.on_events_deleted();
