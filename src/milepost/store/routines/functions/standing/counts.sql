-- Whether an event counts towards insights at all.
create or replace function milepost.counts(e public.behavior_events) returns boolean
language sql immutable parallel safe as $$
  select not (e).is_bot and (e).deleted_at is null
$$;
