-- Adds a batch to its sessions; answers the customers that have more sessions, or sessions with a tool, and how many
-- more. The customers are locked, so what is read of a session is what stands there when it is written. Planned like
-- fold_days.
create or replace function milepost.fold_sessions(batch milepost.contributed[])
returns table (customer_id text, new_sessions bigint, new_tool_sessions bigint)
language plpgsql rows 20 set plan_cache_mode = force_generic_plan set enable_seqscan = off as $$
#variable_conflict use_column
begin
  return query with told as materialized (
    select customer_id, session_id, event_id, user_id, at, tool_id, points, exports, device_type, browser, referrer,
      case when device_type is not null or browser is not null or referrer is not null then event_id::text end as tells,
      case when user_id is not null then event_id::text end as names
    from unnest(batch) where session_id is not null
  ),
  by_tool as (
    select customer_id, session_id, tool_id, min(at) as started_at, max(at) as ended_at, count(*) as events,
      sum(exports) as exports, sum(points) as points, min(tells collate "C") as landing, min(names collate "C") as seen
    from told group by 1, 2, 3
  ),
  sums as (
    select customer_id, session_id, min(started_at) as started_at, max(ended_at) as ended_at, sum(events) as events,
      sum(exports) as exports, sum(points) as points,
      min(landing collate "C")::uuid as landing, min(seen collate "C")::uuid as seen,
      array_agg(tool_id order by tool_id collate "C") filter (where tool_id is not null) as tools,
      array_agg(events order by tool_id collate "C") filter (where tool_id is not null) as counts
    from by_tool group by 1, 2
  ),
  after as materialized (
    select n.customer_id, n.session_id, b.ctid as place, b.session_id is null as is_new,
      n.tools is not null and coalesce(b.tool_counts, '{}') = '{}' as first_tool,
      least(b.started_at, n.started_at) as started_at, greatest(b.ended_at, n.ended_at) as ended_at,
      coalesce(b.events_count, 0) + n.events as events_count,
      coalesce(b.exports_generated, 0) + n.exports as exports_generated,
      coalesce(b.competency_points_earned, 0) + n.points as points_earned,
      coalesce(t.counts, b.tool_counts, '{}') as tool_counts,
      coalesce(t.names, b.tools_accessed, '{}') as tools_accessed,
      coalesce(t.top, b.primary_tool) as primary_tool,
      case when l.event_id is null then b.landing_event_id else l.event_id end as landing_event_id,
      case when l.event_id is null then b.device_type else l.device_type end as device_type,
      case when l.event_id is null then b.browser else l.browser end as browser,
      case when l.event_id is null then b.referrer_source else milepost.referrer_source(l.referrer) end
        as referrer_source,
      case when u.event_id is null then b.user_event_id else u.event_id end as user_event_id,
      case when u.event_id is null then b.user_id else u.user_id end as user_id
    from sums n
    left join public.behavior_sessions b using (customer_id, session_id)
    left join lateral (
      select jsonb_object_agg(tool, n) as counts, array_agg(tool order by tool collate "C") as names,
        (array_agg(tool order by n desc, tool collate "C"))[1] as top
      from (
        select tool, sum(n)::bigint as n from (
          select tool, n from unnest(n.tools, n.counts) as k(tool, n)
          union all
          select key, value::bigint from jsonb_each_text(b.tool_counts)) as both_sides
        group by 1) as by_tool) as t on n.tools is not null
    left join told l on l.event_id = n.landing and (b.landing_event_id is null or n.landing < b.landing_event_id)
    left join told u on u.event_id = n.seen and (b.user_event_id is null or n.seen < b.user_event_id)
  ),
  changed as (
    update public.behavior_sessions b set
      user_id = a.user_id, user_event_id = a.user_event_id, started_at = a.started_at,
      ended_at = a.ended_at, events_count = a.events_count, tool_counts = a.tool_counts,
      tools_accessed = a.tools_accessed, primary_tool = a.primary_tool,
      exports_generated = a.exports_generated,
      competency_points_earned = a.points_earned, device_type = a.device_type,
      browser = a.browser, referrer_source = a.referrer_source,
      landing_event_id = a.landing_event_id
    from after a where b.ctid = a.place
  ),
  stored as (
    insert into public.behavior_sessions (customer_id, session_id, user_id, user_event_id, started_at, ended_at,
      events_count, tool_counts, tools_accessed, primary_tool, exports_generated, competency_points_earned,
      device_type, browser, referrer_source, landing_event_id)
    select customer_id, session_id, user_id, user_event_id, started_at, ended_at, events_count, tool_counts,
      tools_accessed, primary_tool, exports_generated, points_earned, device_type, browser, referrer_source,
      landing_event_id
    from after where is_new
  )
  select customer_id, count(*) filter (where is_new), count(*) filter (where first_tool) from after group by customer_id
  having bool_or(is_new) or bool_or(first_tool);
end $$;
