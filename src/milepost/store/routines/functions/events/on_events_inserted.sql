-- New events are noted for the column store and added to their customers' standing.
create or replace function milepost.on_events_inserted() returns trigger
language plpgsql as $$
declare
  batch milepost.contributed[];
  ids uuid[];
  customers text[];
begin
  select array_agg(e.event_id), array_agg(distinct e.customer_id) filter (where milepost.counts(e))
    into ids, customers from new_events e;
  if ids is null then
    return null;
  end if;
  insert into milepost.event_changes (kind, event_ids) values ('stored', ids);
  if customers is not null then
    perform milepost.lock_standing(customers);
    select array_agg(c) into batch from new_events e cross join lateral milepost.contribution(e) as c;
    perform milepost.fold(batch);
  end if;
  return null;
end $$;

create or replace trigger behavior_events_insert after insert on public.behavior_events
  referencing new table as new_events for each statement execute function milepost.on_events_inserted();
