-- Counts anew up to `most` days and sessions of one customer that events have left, of ids all of whose events have been
-- looked at. Holds that customer's lock for as long as that takes. Answers how many; 0 when none is left to be counted.
create or replace function milepost.recount_left(most integer) returns integer
language plpgsql set plan_cache_mode = force_generic_plan set enable_seqscan = off as $$
declare
  customer text;
  days date[];
  sessions text[];
  counted integer;
begin
  -- From id to id in their index: an id whose events still move may have left hundreds of thousands of sessions.
  with recursive ids (kind, id, customer_id) as (
    (select l.kind, l.id, l.customer_id from milepost.leavings l order by l.kind, l.id limit 1)
    union all
    select n.kind, n.id, n.customer_id from ids i cross join lateral (
      select l.kind, l.id, l.customer_id from milepost.leavings l
      where (l.kind, l.id) > (i.kind, i.id) order by l.kind, l.id limit 1) as n
  )
  select i.customer_id into customer from ids i
  where not exists (select from milepost.followings f where f.kind = i.kind and f.id = i.id) limit 1;
  if customer is null then
    return 0;
  end if;
  -- In the order of their index, so that however many have been left, only as many are read as are counted.
  select array_agg(distinct n.day) filter (where n.day is not null),
    array_agg(distinct n.session_id) filter (where n.session_id is not null)
  into days, sessions from (
    select l.day, l.session_id from milepost.leavings l
    where l.customer_id = customer
      and not exists (select from milepost.followings f where f.kind = l.kind and f.id = l.id)
    order by l.day, l.session_id limit most) as n;
  -- Several ids may have left the same day.
  with left_behind as (
    delete from milepost.leavings l
    where l.customer_id = customer and (l.day = any (days) or l.day is null and l.session_id = any (sessions))
      and not exists (select from milepost.followings f where f.kind = l.kind and f.id = l.id)
    returning l.leaving_id
  )
  select count(*) into counted from left_behind;
  perform milepost.repair(array_fill(customer, array[coalesce(cardinality(days), 0)]), coalesce(days, '{}'),
    array_fill(customer, array[coalesce(cardinality(sessions), 0)]), coalesce(sessions, '{}'));
  return counted;
end $$;
