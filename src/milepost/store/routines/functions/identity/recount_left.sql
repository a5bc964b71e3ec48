-- Counts anew up to `most` days and sessions of one customer that events have left, of ids all of whose events have been
-- looked at. Holds that customer's lock for as long as that takes. Answers how many; 0 when none is left to be counted.
create or replace function milepost.recount_left(most integer) returns integer
language plpgsql as $$
declare
  customer text;
  days date[];
  sessions text[];
  counted integer;
begin
  select l.customer_id into customer from milepost.leavings l
    where not exists (select from milepost.followings f where f.kind = l.kind and f.id = l.id)
    order by l.leaving_id limit 1;
  if customer is null then
    return 0;
  end if;
  with units as materialized (
    select distinct l.day, l.session_id from milepost.leavings l
    where l.customer_id = customer
      and not exists (select from milepost.followings f where f.kind = l.kind and f.id = l.id)
    limit most
  ),
  -- Several ids may have left the same day.
  left_behind as (
    delete from milepost.leavings l using units u
    where l.customer_id = customer and (l.day, l.session_id) is not distinct from (u.day, u.session_id)
      and not exists (select from milepost.followings f where f.kind = l.kind and f.id = l.id)
    returning l.day, l.session_id
  )
  select count(*), array_agg(distinct day) filter (where day is not null),
    array_agg(distinct session_id) filter (where session_id is not null)
  into counted, days, sessions from left_behind;
  perform milepost.repair(array_fill(customer, array[coalesce(cardinality(days), 0)]), coalesce(days, '{}'),
    array_fill(customer, array[coalesce(cardinality(sessions), 0)]), coalesce(sessions, '{}'));
  return counted;
end $$;
