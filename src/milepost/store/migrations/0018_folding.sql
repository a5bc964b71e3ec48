-- Folding a batch with fewer passes: a session is found once, and what days have more is what the customer has more.
-- What is kept is as before (0002, 0012).

-- Adds a batch to its sessions; answers the customers that have more sessions, or sessions with a tool, and how many
-- more. As in 0002: the customers are locked, so what is read of a session is what stands there when it is written.
create or replace function milepost.fold_sessions(batch milepost.told[])
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

-- Adds a batch to its customers' days; answers what each customer has more in all, so that it is added up only once.
drop function milepost.fold_days(milepost.told[]);
create function milepost.fold_days(batch milepost.told[])
returns table (customer_id text, first_day date, first_event_at timestamptz, last_event_at timestamptz,
  last_session_at timestamptz, events bigint, exports bigint, resources_created bigint, resources_shared bigint,
  milestones bigint, high_impact bigint, medium_impact bigint, low_impact bigint, points bigint, credibility bigint,
  current_arr_latest text, target_arr_latest text, growth_stage_latest text)
language plpgsql rows 20 set plan_cache_mode = force_generic_plan set enable_seqscan = off as $$
#variable_conflict use_column
begin
  return query with days as materialized (
    select customer_id, day, min(at) as first_event_at, max(at) as last_event_at,
      max(at) filter (where session_id is not null) as last_session_at, count(*) as events,
      sum(exports) as exports, sum(resources_created) as resources_created, sum(resources_shared) as resources_shared,
      sum(milestones) as milestones, sum(high_impact) as high_impact, sum(medium_impact) as medium_impact,
      sum(low_impact) as low_impact, sum(points) as points, sum(credibility) as credibility,
      array_agg(tool_id) filter (where tool_id is not null) as tools,
      max((told_at || current_arr) collate "C") as current_arr_latest,
      max((told_at || target_arr) collate "C") as target_arr_latest,
      max((told_at || growth_stage) collate "C") as growth_stage_latest
    from unnest(batch) group by 1, 2
  ),
  competencies as (
    insert into milepost.competency_days as d (customer_id, competency, day, points)
    select customer_id, competency, day, sum(points) from unnest(batch)
    where competency is not null and points > 0
    group by 1, 2, 3 order by 1, 2, 3
    on conflict (customer_id, competency, day) do update set points = d.points + excluded.points
  ),
  stored as (
    insert into milepost.customer_days as d (customer_id, day, first_event_at, last_event_at, last_session_at, events,
      exports, resources_created, resources_shared, milestones, high_impact, medium_impact, low_impact, points,
      credibility, tools, current_arr_latest, target_arr_latest, growth_stage_latest)
    select n.customer_id, n.day, n.first_event_at, n.last_event_at, n.last_session_at, n.events, n.exports,
      n.resources_created, n.resources_shared, n.milestones, n.high_impact, n.medium_impact, n.low_impact, n.points,
      n.credibility, array(select distinct t collate "C" from unnest(n.tools) as t order by 1), n.current_arr_latest,
      n.target_arr_latest, n.growth_stage_latest
    from days n order by 1, 2
    on conflict (customer_id, day) do update set
      first_event_at = least(d.first_event_at, excluded.first_event_at),
      last_event_at = greatest(d.last_event_at, excluded.last_event_at),
      last_session_at = greatest(d.last_session_at, excluded.last_session_at),
      events = d.events + excluded.events,
      exports = d.exports + excluded.exports,
      resources_created = d.resources_created + excluded.resources_created,
      resources_shared = d.resources_shared + excluded.resources_shared,
      milestones = d.milestones + excluded.milestones,
      high_impact = d.high_impact + excluded.high_impact,
      medium_impact = d.medium_impact + excluded.medium_impact,
      low_impact = d.low_impact + excluded.low_impact,
      points = d.points + excluded.points,
      credibility = d.credibility + excluded.credibility,
      tools = case when excluded.tools <@ d.tools then d.tools
        else array(select distinct t collate "C" from unnest(d.tools || excluded.tools) as t order by 1) end,
      current_arr_latest = greatest(d.current_arr_latest collate "C", excluded.current_arr_latest),
      target_arr_latest = greatest(d.target_arr_latest collate "C", excluded.target_arr_latest),
      growth_stage_latest = greatest(d.growth_stage_latest collate "C", excluded.growth_stage_latest)
  )
  select n.customer_id, min(n.day), min(n.first_event_at), max(n.last_event_at), max(n.last_session_at),
    sum(n.events)::bigint, sum(n.exports)::bigint, sum(n.resources_created)::bigint, sum(n.resources_shared)::bigint,
    sum(n.milestones)::bigint, sum(n.high_impact)::bigint, sum(n.medium_impact)::bigint, sum(n.low_impact)::bigint,
    sum(n.points)::bigint, sum(n.credibility)::bigint, max(n.current_arr_latest collate "C"),
    max(n.target_arr_latest collate "C"), max(n.growth_stage_latest collate "C")
  from days n group by n.customer_id;
end $$;

-- Adds a batch of new events to everything: the one place where an event becomes standing. The rows must be locked.
-- ROWS above: with PostgreSQL's own guess of 1,000 customers, a plan would read all of standing for a batch.
create or replace function milepost.fold(batch milepost.told[]) returns void
language plpgsql set plan_cache_mode = force_generic_plan set enable_seqscan = off as $$
begin
  update milepost.standing as s set
    first_event_at = least(s.first_event_at, n.first_event_at),
    last_event_at = greatest(s.last_event_at, n.last_event_at),
    last_session_at = greatest(s.last_session_at, n.last_session_at),
    total_events = s.total_events + n.events,
    total_sessions = s.total_sessions + coalesce(m.new_sessions, 0),
    total_tool_sessions = s.total_tool_sessions + coalesce(m.new_tool_sessions, 0),
    total_exports_generated = s.total_exports_generated + n.exports,
    total_resources_created = s.total_resources_created + n.resources_created,
    total_resources_shared = s.total_resources_shared + n.resources_shared,
    total_milestones = s.total_milestones + n.milestones,
    high_impact_events = s.high_impact_events + n.high_impact,
    medium_impact_events = s.medium_impact_events + n.medium_impact,
    low_impact_events = s.low_impact_events + n.low_impact,
    total_points = s.total_points + n.points,
    professional_credibility = s.professional_credibility + n.credibility,
    current_arr_latest = greatest(s.current_arr_latest collate "C", n.current_arr_latest),
    target_arr_latest = greatest(s.target_arr_latest collate "C", n.target_arr_latest),
    growth_stage_latest = greatest(s.growth_stage_latest collate "C", n.growth_stage_latest),
    unsettled = true, changes = s.changes + 1, changed_from = least(s.changed_from, n.first_day)
  from milepost.fold_days(batch) as n left join milepost.fold_sessions(batch) as m using (customer_id)
  where s.customer_id = n.customer_id;
end $$;

revoke all on function milepost.fold_days(milepost.told[]) from public;
grant execute on function milepost.fold_days(milepost.told[]) to milepost_server;

-- These rows are updated many times on their day: room in the page keeps an update from touching the indexes.
alter table milepost.customer_days set (fillfactor = 85);
alter table milepost.competency_days set (fillfactor = 85);
alter table public.behavior_sessions set (fillfactor = 80);
