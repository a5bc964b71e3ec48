-- Deletes events past their own retention_days, all of them or at most `most`; answers how many went.
-- With `most` it is a short transaction: call it until it answers fewer. It passes by rows somebody else works on.
-- What it deletes counts as expired: the history of those days stays as it is.
create or replace function public.cleanup_expired_behavior_events(
  most integer default null, as_of timestamptz default now())
returns integer language plpgsql as $$
declare
  -- Each statement keeps what it deletes in memory, so that one for everything could need too much.
  at_once constant integer := 5000;
  gone integer := 0;
  wanted integer;
  deleted integer;
begin
  perform set_config('milepost.expiring', 'on', true);
  loop
    wanted := least(at_once, most - gone);
    exit when wanted <= 0;
    with expired as (
      select event_id from public.behavior_events
      where expires_on <= (as_of at time zone 'UTC')::date
        -- Days of 24 hours, whatever clock change the session's time zone has in between.
        and "timestamp" + make_interval(hours => 24 * retention_days) <= as_of
      limit wanted
      for update skip locked
    )
    delete from public.behavior_events e using expired where e.event_id = expired.event_id;
    get diagnostics deleted = row_count;
    gone := gone + deleted;
    exit when deleted < wanted;
  end loop;
  perform set_config('milepost.expiring', 'off', true);
  return gone;
end $$;
