-- Adds a batch to its customers' days, and answers what each customer has more by it.
--
-- Planned once a connection. A plan made while the tables are small would read them whole for ever after, until they are
-- next analysed: hence enable_seqscan = off. ROWS: with PostgreSQL's own guess of 1,000 customers, a plan would read all
-- of standing for a batch.
create or replace function milepost.fold_days(batch milepost.contributed[])
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
      max((recency || current_arr) collate "C") as current_arr_latest,
      max((recency || target_arr) collate "C") as target_arr_latest,
      max((recency || growth_stage) collate "C") as growth_stage_latest
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
