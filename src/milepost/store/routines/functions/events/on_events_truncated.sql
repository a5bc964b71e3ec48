-- Without any event there is nothing left of the standing but offline actions.
create or replace function milepost.on_events_truncated() returns trigger
language plpgsql as $$
declare
  everyone text[];
begin
  insert into milepost.event_changes (kind) values ('emptied');
  delete from milepost.followings;
  delete from milepost.leavings;
  -- Deleted, not truncated: they may stand in the same TRUNCATE, whose locks a second one would run into.
  delete from milepost.sessions;
  delete from milepost.customer_days;
  delete from milepost.competency_days;
  everyone := array(select customer_id from milepost.standing order by 1 for update);
  perform milepost.mark_changed(everyone, array_fill('0001-01-01'::date, array[cardinality(everyone)]));
  update milepost.standing set total_sessions = 0, total_tool_sessions = 0;
  perform milepost.refresh_standing(everyone);
  return null;
end $$;

create or replace trigger behavior_events_truncate after truncate on public.behavior_events
  for each statement execute function milepost.on_events_truncated();
