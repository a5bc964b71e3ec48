-- What an event's columns are by its name, given what its sender said: `filled` says which columns the sender left out.
-- A name without a type is tool_usage where the sender named a tool, else content_interaction.
create or replace function milepost.filled_in(event_name text, filled integer, event_type text, tool_id text,
  tool_section text, competency_area text, business_impact text, metadata jsonb,
  out of_type text, out of_tool text, out of_competency text, out of_impact text)
language plpgsql stable as $$
declare
  means milepost.event_names;
begin
  select * into means from milepost.event_names n where n.name = filled_in.event_name;
  of_type := case when filled & 1 = 0 then event_type
    else coalesce(means.event_type,
      case when filled & 2 = 0 then 'tool_usage' else 'content_interaction' end) end;
  of_tool := case when filled & 2 = 0 then tool_id else means.tool_id end;
  of_competency := case when filled & 4 = 0 then competency_area else means.competency_area end;
  of_impact := case when filled & 8 = 0 then business_impact
    else coalesce(means.business_impact, milepost.impact_of(of_type, of_tool, tool_section, metadata)) end;
end $$;
