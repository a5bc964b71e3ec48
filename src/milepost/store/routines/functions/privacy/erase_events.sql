-- Deletes up to `most` events of a customer or a person, and answers how many. Their days and sessions are counted anew
-- and the column store is told in the same transaction.
create or replace function milepost.erase_events(of text, whose text, most integer) returns integer
language plpgsql as $$
declare
  gone integer;
begin
  if of = 'customer' then
    delete from public.behavior_events where event_id in (
      select e.event_id from public.behavior_events e where e.customer_id = whose limit most);
  else
    delete from public.behavior_events where event_id in (
      (select e.event_id from public.behavior_events e where e.user_id = whose limit most)
      union
      (select e.event_id from public.behavior_events e where e.sent_user_id = whose limit most));
  end if;
  get diagnostics gone = row_count;
  return gone;
end $$;
