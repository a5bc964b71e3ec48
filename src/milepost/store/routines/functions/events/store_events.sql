-- Stores a batch of events (a JSON array of rows) and answers the ids that were new. The whole hot path in one
-- call: one insert, the triggers, one commit.
create or replace function milepost.store_events(batch json) returns setof uuid
language plpgsql as $$
begin
  -- Before the ties are read, so that whoever follows a tie can wait for those who have not seen it.
  perform pg_current_xact_id();
  if position('"event_name"' in batch::text) > 0 then
    -- A name that nobody sent before means what the plan's rule says, if one does.
    insert into milepost.event_names (name, event_type, tool_id, competency_area, business_impact)
      select distinct on (x.event_name) x.event_name, x.rule ->> 'type', x.rule ->> 'tool', x.rule ->> 'competency',
        x.rule ->> 'impact'
      from json_to_recordset(batch) as x(event_name text, rule json)
      where x.event_name is not null and not exists (select from milepost.event_names n where n.name = x.event_name)
      order by x.event_name
      on conflict do nothing;
  end if;
  return query
  with sent as materialized (
    select * from json_to_recordset(batch) as x(event_id uuid, customer_id text, user_id text, anonymous_id text,
      session_id text, event_type text, tool_id text, tool_section text, business_impact text, competency_area text,
      current_arr text, target_arr text, growth_stage text, event_metadata jsonb, session_duration bigint,
      time_on_page bigint, page_url text, referrer text, device_type text, browser text, ip_address inet,
      "timestamp" timestamptz, retention_days integer, is_bot boolean, event_name text, actor_type text, filled integer)
  ),
  -- Most events name their customer, and few users are another in the end: only the others are worth a look-up.
  tied as materialized (
    select s.event_id from sent s
    where s.customer_id is null or exists (
      select from milepost.ties t
      where t.from_id = coalesce(s.user_id, s.anonymous_id) and t.call <> 'group' and t.undone_at is null
        and t.kind = case when s.user_id is null then 'anonymous' else 'user' end)
  ),
  owned as materialized (
    select s.event_id, s.customer_id, s.user_id, 'sent' as customer_source, 'sent' as user_source from sent s
    where s.event_id not in (select event_id from tied)
    union all
    select s.event_id, r.customer_id, r.user_id, r.customer_source, r.user_source from sent s
    cross join lateral milepost.resolve(s.customer_id, s.user_id, s.anonymous_id, now()) as r
    where s.event_id in (select event_id from tied)
  ),
  -- Asked of those alone that leave something out: as a join's condition it would be asked of all.
  named as materialized (
    select s.event_id, f.* from sent s
    cross join lateral milepost.filled_in(s.event_name, s.filled, s.event_type, s.tool_id, s.tool_section,
      s.competency_area, s.business_impact, s.event_metadata) as f
    where s.filled > 0
  ),
  stored as (
    insert into public.behavior_events (event_id, customer_id, user_id, anonymous_id, session_id, event_type, tool_id,
      tool_section, business_impact, competency_area, current_arr, target_arr, growth_stage, event_metadata,
      session_duration, time_on_page, page_url, referrer, device_type, browser, ip_address, "timestamp",
      retention_days, is_bot, customer_source, user_source, sent_user_id, event_name, actor_type, filled)
    select distinct on (s.event_id) s.event_id, o.customer_id, o.user_id, s.anonymous_id, s.session_id,
      coalesce(f.of_type, s.event_type), case when s.filled > 0 then f.of_tool else s.tool_id end, s.tool_section,
      coalesce(f.of_impact, s.business_impact), case when s.filled > 0 then f.of_competency else s.competency_area end,
      s.current_arr, s.target_arr, s.growth_stage, coalesce(s.event_metadata, '{}'), s.session_duration, s.time_on_page, s.page_url, s.referrer, s.device_type,
      s.browser, s.ip_address, s."timestamp", s.retention_days, coalesce(s.is_bot, false), o.customer_source,
      o.user_source, case when o.user_source = 'merged' then s.user_id end, s.event_name,
      coalesce(s.actor_type, 'person'), coalesce(s.filled, 0)
    from sent s join owned o using (event_id)
    left join named f using (event_id)
    -- In the order of the primary key, so that two writers with the same events cannot lock each other out.
    order by s.event_id
    on conflict (event_id) do nothing
    returning behavior_events.event_id
  )
  select t.event_id from stored t;
end $$;
