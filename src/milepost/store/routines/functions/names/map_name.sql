-- Says what events of a name are, from now on and, in the background (milepost.follow_names), what they were. `by` null
-- is a rule of the plan, which does not change what somebody said by hand. Answers whether it means anything else now.
create or replace function milepost.map_name(name text, event_type text, tool_id text, competency_area text,
  business_impact text, by text) returns boolean
language plpgsql as $$
begin
  update milepost.event_names n set event_type = map_name.event_type, tool_id = map_name.tool_id,
      competency_area = map_name.competency_area, business_impact = map_name.business_impact,
      by_hand = map_name.by is not null, mapped_by = map_name.by, mapped_at = now(),
      changed = true, behind = null, after = null
    where n.name = map_name.name and (map_name.by is not null or not n.by_hand)
      and (n.event_type, n.tool_id, n.competency_area, n.business_impact, n.by_hand) is distinct from
        (map_name.event_type, map_name.tool_id, map_name.competency_area, map_name.business_impact,
          map_name.by is not null);
  return found;
end $$;
