-- Standing: what the events say of each customer, kept in the event's own transaction.
--
-- What one event adds is defined once, in milepost.contribution(). Everything is a sum, a minimum or
-- a maximum of it, so batches, their order and duplicates cannot change the outcome; what depends on
-- the clock is computed when it is read (0003).

-- -- The tracking plan, as the database needs it -------------------------------------------------

create table milepost.plan (
  only_one boolean primary key default true check (only_one),
  hash text not null,
  document jsonb not null,
  applied_at timestamptz not null default now()
);
create table milepost.plan_points (
  event_type text not null,
  impact text not null,
  points integer not null check (points >= 0),
  primary key (event_type, impact)
);

-- -- Tables --------------------------------------------------------------------------------------

-- One row a customer: totals over everything that counts.
create table milepost.standing (
  customer_id text primary key,
  first_event_at timestamptz,
  last_event_at timestamptz,
  last_session_at timestamptz,
  total_events bigint not null default 0,
  total_sessions bigint not null default 0,
  total_tool_sessions bigint not null default 0,
  total_exports_generated bigint not null default 0,
  total_resources_created bigint not null default 0,
  total_resources_shared bigint not null default 0,
  total_milestones bigint not null default 0,
  high_impact_events bigint not null default 0,
  medium_impact_events bigint not null default 0,
  low_impact_events bigint not null default 0,
  total_points bigint not null default 0,
  professional_credibility bigint not null default 0,
  -- The newest value told, behind the 56 characters of its time and event id, so that the greatest is the newest.
  current_arr_latest text,
  target_arr_latest text,
  growth_stage_latest text,
  total_actions bigint not null default 0,
  last_action_at timestamptz,
  pinned boolean not null default false
);

-- One row a customer and UTC day: what windows, trends and repairs are computed from.
create table milepost.customer_days (
  customer_id text not null,
  day date not null,
  first_event_at timestamptz not null,
  last_event_at timestamptz not null,
  last_session_at timestamptz,
  events bigint not null,
  exports bigint not null,
  resources_created bigint not null,
  resources_shared bigint not null,
  milestones bigint not null,
  high_impact bigint not null,
  medium_impact bigint not null,
  low_impact bigint not null,
  points bigint not null,
  credibility bigint not null,
  tools text[] not null,
  current_arr_latest text,
  target_arr_latest text,
  growth_stage_latest text,
  primary key (customer_id, day)
);
create index idx_customer_days_day on milepost.customer_days (day);

-- One row a customer, competency and UTC day with points.
create table milepost.competency_days (
  customer_id text not null,
  competency text not null,
  day date not null,
  points bigint not null,
  primary key (customer_id, competency, day)
);

create index idx_behavior_insights_last_event_at on milepost.standing (last_event_at desc nulls last, customer_id);
create index idx_behavior_insights_total_events on milepost.standing (total_events desc, customer_id);
create index idx_behavior_insights_total_sessions on milepost.standing (total_sessions desc, customer_id);

-- -- What one event adds -------------------------------------------------------------------------

-- A whole number from 0 to 1000 out of a metadata value, 0 where there is none.
create function milepost.small_number(value jsonb) returns integer
language sql immutable parallel safe as $$
  select case when jsonb_typeof(value) = 'number' then least(greatest(round(value::numeric), 0), 1000)::integer else 0 end
$$;

create function milepost.contribution(e public.behavior_events)
returns table (
  day date, points integer, credibility integer, exports integer, resources_created integer,
  resources_shared integer, milestones integer, high_impact integer, medium_impact integer, low_impact integer,
  told_at text)
language sql stable parallel safe as $$
  select
    ((e)."timestamp" at time zone 'UTC')::date,
    coalesce((select p.points from milepost.plan_points p
      where p.event_type = (e).event_type and p.impact = (e).business_impact), 0),
    case when (e).event_type = 'competency_milestone'
      then milepost.small_number((e).event_metadata -> 'professional_credibility') else 0 end,
    ((e).event_type = 'export_action')::integer,
    ((e).event_type = 'resource_generation' and (e).event_metadata -> 'success' is distinct from 'false'::jsonb)::integer,
    ((e).event_type = 'resource_share')::integer,
    ((e).event_type = 'competency_milestone')::integer,
    ((e).business_impact = 'high')::integer,
    ((e).business_impact = 'medium')::integer,
    ((e).business_impact = 'low')::integer,
    case when (e).current_arr is not null or (e).target_arr is not null or (e).growth_stage is not null
      then to_char((e)."timestamp" at time zone 'UTC', 'YYYYMMDDHH24MISSUS') || (e).event_id::text end
$$;

-- Whether an event counts towards insights at all.
create function milepost.counts(e public.behavior_events) returns boolean
language sql immutable parallel safe as $$
  select not (e).is_bot and (e).deleted_at is null
$$;

-- The host a visitor came from, without "www." and without a user's name or password.
create function milepost.referrer_source(referrer text) returns text
language sql immutable parallel safe as $$
  select lower(substring(referrer from '^[a-zA-Z][a-zA-Z0-9+.-]*://(?:[^/?#@]*@)?(?:[wW]{3}\.)?([^/:?#@]{1,200})'))
$$;

-- -- Adding a batch to what is known ----------------------------------------------------------------

-- Two sets of counts by tool added up, with the tools by name and the one used most (the first by name on a tie).
create function milepost.merge_tools(a jsonb, b jsonb, out counts jsonb, out tools text[], out top text)
language sql immutable parallel safe as $$
  select coalesce(jsonb_object_agg(tool, n), '{}'), coalesce(array_agg(tool order by tool collate "C"), '{}'),
    (array_agg(tool order by n desc, tool collate "C"))[1]
  from (
    select key as tool, sum(value::bigint) as n
    from (select key, value from jsonb_each_text(a) union all select key, value from jsonb_each_text(b)) as both_sides
    group by key) as added
$$;

-- Adds a batch to its sessions; answers how many sessions, and sessions with a tool, each customer has more.
create function milepost.fold_sessions(batch public.behavior_events[])
returns table (customer_id text, new_sessions bigint, new_tool_sessions bigint)
language plpgsql set plan_cache_mode = force_generic_plan as $$
#variable_conflict use_column
begin
  return query with told as (
    select e.*, c.*
    from unnest(batch) as e cross join lateral milepost.contribution(e) as c
    where e.session_id is not null
  ),
  by_tool as (
    select customer_id, session_id, tool_id, count(*) as n from told where tool_id is not null group by 1, 2, 3
  ),
  tools as (
    select customer_id, session_id, jsonb_object_agg(tool_id, n) as counts,
      array_agg(tool_id order by tool_id collate "C") as names,
      (array_agg(tool_id order by n desc, tool_id collate "C"))[1] as top
    from by_tool group by 1, 2
  ),
  landing as (
    select distinct on (customer_id, session_id) customer_id, session_id, event_id, device_type, browser,
      milepost.referrer_source(referrer) as referrer_source
    from told where device_type is not null or browser is not null or referrer is not null
    order by customer_id, session_id, event_id
  ),
  seen as (
    select distinct on (customer_id, session_id) customer_id, session_id, event_id, user_id
    from told where user_id is not null
    order by customer_id, session_id, event_id
  ),
  sums as (
    select customer_id, session_id, min("timestamp") as started_at, max("timestamp") as ended_at, count(*) as events,
      sum(exports) as exports, sum(points) as points
    from told group by 1, 2
  ),
  adding as (
    select s.*, coalesce(t.counts, '{}') as tool_counts, coalesce(t.names, '{}') as tool_names, t.top,
      l.event_id as landing_event_id, l.device_type, l.browser, l.referrer_source,
      u.event_id as user_event_id, u.user_id,
      old.session_id is null as is_new, coalesce(old.tool_counts, '{}') = '{}' as had_no_tool
    from sums s
    left join tools t using (customer_id, session_id)
    left join landing l using (customer_id, session_id)
    left join seen u using (customer_id, session_id)
    left join public.behavior_sessions old using (customer_id, session_id)
  ),
  stored as (
    insert into public.behavior_sessions as s (customer_id, session_id, user_id, user_event_id, started_at, ended_at,
      events_count, tool_counts, tools_accessed, primary_tool, exports_generated, competency_points_earned,
      device_type, browser, referrer_source, landing_event_id)
    select customer_id, session_id, user_id, user_event_id, started_at, ended_at, events, tool_counts, tool_names, top,
      exports, points, device_type, browser, referrer_source, landing_event_id
    from adding order by customer_id, session_id
    on conflict (customer_id, session_id) do update set
      started_at = least(s.started_at, excluded.started_at),
      ended_at = greatest(s.ended_at, excluded.ended_at),
      events_count = s.events_count + excluded.events_count,
      exports_generated = s.exports_generated + excluded.exports_generated,
      competency_points_earned = s.competency_points_earned + excluded.competency_points_earned,
      (tool_counts, tools_accessed, primary_tool) =
        (select counts, tools, top from milepost.merge_tools(s.tool_counts, excluded.tool_counts)),
      (user_id, user_event_id) = (
        select case when excluded.user_event_id < s.user_event_id or s.user_event_id is null
          then excluded.user_id else s.user_id end, least(s.user_event_id, excluded.user_event_id)),
      (device_type, browser, referrer_source, landing_event_id) = (
        select * from (values
          (excluded.device_type, excluded.browser, excluded.referrer_source, excluded.landing_event_id),
          (s.device_type, s.browser, s.referrer_source, s.landing_event_id)) as v
        order by 4 nulls last limit 1)
  )
  select customer_id, count(*) filter (where is_new), count(*) filter (where had_no_tool and tool_counts <> '{}')
  from adding group by customer_id;
end $$;

-- Adds a batch to its customers' days.
create function milepost.fold_days(batch public.behavior_events[]) returns void
language plpgsql set plan_cache_mode = force_generic_plan as $$
begin
  with told as (
    select e.*, c.* from unnest(batch) as e cross join lateral milepost.contribution(e) as c
  ),
  competencies as (
    insert into milepost.competency_days as d (customer_id, competency, day, points)
    select customer_id, competency_area, day, sum(points) from told
    where competency_area is not null and points > 0
    group by 1, 2, 3 order by 1, 2, 3
    on conflict (customer_id, competency, day) do update set points = d.points + excluded.points
  )
  insert into milepost.customer_days as d (customer_id, day, first_event_at, last_event_at, last_session_at, events,
    exports, resources_created, resources_shared, milestones, high_impact, medium_impact, low_impact, points,
    credibility, tools, current_arr_latest, target_arr_latest, growth_stage_latest)
  select customer_id, day, min("timestamp"), max("timestamp"), max("timestamp") filter (where session_id is not null),
    count(*), sum(exports), sum(resources_created), sum(resources_shared), sum(milestones), sum(high_impact),
    sum(medium_impact), sum(low_impact), sum(points), sum(credibility),
    coalesce(array_agg(distinct tool_id collate "C") filter (where tool_id is not null), '{}'),
    max((told_at || current_arr) collate "C"), max((told_at || target_arr) collate "C"),
    max((told_at || growth_stage) collate "C")
  from told group by 1, 2 order by 1, 2
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
    growth_stage_latest = greatest(d.growth_stage_latest collate "C", excluded.growth_stage_latest);
end $$;

-- Locks the customers' standing in one order, so that two writers cannot lock each other out.
create function milepost.lock_standing(customers text[]) returns void
language plpgsql set plan_cache_mode = force_generic_plan as $$
declare
  wanted constant bigint := (select count(distinct c) from unnest(customers) as c);
  locked bigint;
begin
  -- Taken here at the latest, and always before the rows: a change of points locks this table and then every row.
  lock table milepost.plan_points in access share mode;
  loop
    insert into milepost.standing (customer_id) select distinct c from unnest(customers) as c order by 1
      on conflict do nothing;
    perform from milepost.standing where customer_id = any (customers) order by customer_id for update;
    get diagnostics locked = row_count;
    -- Fewer: a row went while we waited for it, with its customer's last event. Then it is made again.
    exit when locked >= wanted;
  end loop;
end $$;

-- Adds a batch of new events to everything: the one place where an event becomes standing.
create function milepost.fold(batch public.behavior_events[]) returns void
language plpgsql set plan_cache_mode = force_generic_plan as $$
begin
  perform milepost.lock_standing(array(select distinct e.customer_id from unnest(batch) as e));
  perform milepost.fold_days(batch);
  update milepost.standing as s set
    first_event_at = least(s.first_event_at, n.first_event_at),
    last_event_at = greatest(s.last_event_at, n.last_event_at),
    last_session_at = greatest(s.last_session_at, n.last_session_at),
    total_events = s.total_events + n.events,
    total_sessions = s.total_sessions + coalesce(n.new_sessions, 0),
    total_tool_sessions = s.total_tool_sessions + coalesce(n.new_tool_sessions, 0),
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
    growth_stage_latest = greatest(s.growth_stage_latest collate "C", n.growth_stage_latest)
  from (
    select * from (
      select e.customer_id, min("timestamp") as first_event_at, max("timestamp") as last_event_at,
        max("timestamp") filter (where session_id is not null) as last_session_at, count(*) as events,
        sum(exports) as exports, sum(resources_created) as resources_created, sum(resources_shared) as resources_shared,
        sum(milestones) as milestones, sum(high_impact) as high_impact, sum(medium_impact) as medium_impact,
        sum(low_impact) as low_impact, sum(points) as points, sum(credibility) as credibility,
        max((told_at || current_arr) collate "C") as current_arr_latest,
        max((told_at || target_arr) collate "C") as target_arr_latest,
        max((told_at || growth_stage) collate "C") as growth_stage_latest
      from unnest(batch) as e cross join lateral milepost.contribution(e) as c
      group by 1) as sums
    left join milepost.fold_sessions(batch) using (customer_id)) as n
  where s.customer_id = n.customer_id;
end $$;
