-- Looks at the next `most` stored events of a name whose meaning changed, and makes them what it means now; their days
-- are counted anew in the same transaction. Answers how many were looked at (1 at
-- least); null when no name waits.
create or replace function milepost.follow_names(most integer) returns integer
language plpgsql set plan_cache_mode = force_generic_plan set enable_seqscan = off as $$
declare
  waiting milepost.event_names;
  next uuid[];
begin
  -- Whoever begins after this moment sees what is known of them now.
  update milepost.event_names n set behind = pg_snapshot_xmax(pg_current_snapshot())
    where n.changed and n.behind is null;
  select * into waiting from milepost.event_names n
    where n.changed and n.behind <= pg_snapshot_xmin(pg_current_snapshot())
    order by n.name limit 1 for update skip locked;
  if waiting.name is null then
    return null;
  end if;
  next := array(
    select e.event_id from public.behavior_events e
    where e.event_name = waiting.name
      and e.event_id > coalesce(waiting.after, '00000000-0000-0000-0000-000000000000')
    order by e.event_id limit most);
  perform milepost.lock_standing(array(
    select distinct e.customer_id from public.behavior_events e where e.event_id = any (next)));
  update public.behavior_events e set event_type = f.of_type, tool_id = f.of_tool, competency_area = f.of_competency,
    business_impact = f.of_impact
  from public.behavior_events o
  cross join lateral milepost.filled_in(o.event_name, o.filled, o.event_type, o.tool_id, o.tool_section,
    o.competency_area, o.business_impact, o.event_metadata) as f
  where o.event_id = any (next) and o.filled <> 0 and e.event_id = o.event_id
    and (o.event_type, o.tool_id, o.competency_area, o.business_impact) is distinct from
      (f.of_type, f.of_tool, f.of_competency, f.of_impact);
  if cardinality(next) < most then
    update milepost.event_names n set changed = false, behind = null, after = null where n.name = waiting.name;
  else
    update milepost.event_names n set after = next[most] where n.name = waiting.name;
  end if;
  return greatest(cardinality(next), 1);
end $$;
