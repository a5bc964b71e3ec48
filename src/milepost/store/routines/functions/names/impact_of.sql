-- The impact of an event whose sender and whose name give none: as milepost.vocabulary.default_impact has it.
create or replace function milepost.impact_of(event_type text, tool_id text, tool_section text, metadata jsonb)
returns text language sql stable as $$
  select case
    when event_type in ('export_action', 'competency_milestone', 'systematic_progression') then 'high'
    when event_type = 'resource_generation' then
      case when metadata -> 'success' = 'false'::jsonb then 'medium' else 'high' end
    when event_type = 'professional_action' then 'medium'
    when event_type = 'tool_usage' and exists (
      select from milepost.plan p cross join lateral jsonb_array_elements(p.document -> 'tools') as t
      where t ->> 'id' = impact_of.tool_id and t -> 'key_sections' ? impact_of.tool_section) then 'medium'
    else 'low' end
$$;
