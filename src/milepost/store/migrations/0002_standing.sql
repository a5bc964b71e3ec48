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

-- Whether an event counts towards insights at all.
create function milepost.counts(e public.behavior_events) returns boolean
language sql immutable parallel safe as $$
  select not (e).is_bot and (e).deleted_at is null
$$;

-- An event in the words of the standing.
create type milepost.told as (
  customer_id text, session_id text, event_id uuid, user_id text, at timestamptz, day date, tool_id text,
  competency text, points integer, credibility integer, exports integer, resources_created integer,
  resources_shared integer, milestones integer, high_impact integer, medium_impact integer, low_impact integer,
  -- A prefix by which the newest of several texts is the greatest; null where there is none to compare.
  told_at text, current_arr text, target_arr text, growth_stage text,
  device_type text, browser text, referrer text);

-- What an event adds: one row, or none where the event does not count.
create function milepost.contribution(e public.behavior_events) returns setof milepost.told
language sql stable parallel safe as $$
  select
    (e).customer_id, (e).session_id, (e).event_id, (e).user_id, (e)."timestamp",
    ((e)."timestamp" at time zone 'UTC')::date, (e).tool_id, (e).competency_area,
    coalesce(p.points, 0),
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
      then to_char((e)."timestamp" at time zone 'UTC', 'YYYYMMDDHH24MISSUS') || (e).event_id::text end,
    (e).current_arr, (e).target_arr, (e).growth_stage, (e).device_type, (e).browser, (e).referrer
  from (select) as one
  left join milepost.plan_points p on p.event_type = (e).event_type and p.impact = (e).business_impact
  where milepost.counts(e)
$$;

-- The host a visitor came from, without "www." and without a user's name or password.
create function milepost.referrer_source(referrer text) returns text
language sql immutable parallel safe as $$
  select lower(substring(referrer from '^[a-zA-Z][a-zA-Z0-9+.-]*://(?:[^/?#@]*@)?(?:[wW]{3}\.)?([^/:?#@]{1,200})'))
$$;

-- -- Adding a batch to what is known ----------------------------------------------------------------
--
-- These plan once a connection. A plan made while the tables are small would read them whole for ever after, until
-- they are next analysed: hence enable_seqscan = off.

-- Adds a batch to its sessions; answers how many sessions, and sessions with a tool, each customer has more. The
-- customers must be locked: what is stored of the sessions is read first, and then written with the batch added.
create function milepost.fold_sessions(batch milepost.told[])
returns table (customer_id text, new_sessions bigint, new_tool_sessions bigint)
language plpgsql set plan_cache_mode = force_generic_plan set enable_seqscan = off as $$
#variable_conflict use_column
begin
  return query with told as (
    select * from unnest(batch) where session_id is not null
  ),
  sums as (
    select customer_id, session_id, min(at) as started_at, max(at) as ended_at, count(*) as events,
      sum(exports) as exports, sum(points) as points, bool_or(tool_id is not null) as has_tool
    from told group by 1, 2
  ),
  -- Device, browser and referrer come together, from the first event that told any of them.
  landing as (
    select distinct on (customer_id, session_id) customer_id, session_id, event_id, device_type, browser, referrer
    from told where device_type is not null or browser is not null or referrer is not null
    order by customer_id, session_id, event_id
  ),
  seen as (
    select distinct on (customer_id, session_id) customer_id, session_id, event_id, user_id
    from told where user_id is not null
    order by customer_id, session_id, event_id
  ),
  before as materialized (
    select s.*, b.session_id is null as is_new, b.started_at as old_start, b.ended_at as old_end, b.events_count,
      b.exports_generated, b.competency_points_earned, b.tool_counts, b.tools_accessed, b.primary_tool,
      b.landing_event_id, b.device_type, b.browser, b.referrer_source, b.user_event_id, b.user_id
    from sums s left join public.behavior_sessions b using (customer_id, session_id)
  ),
  tools as (
    select customer_id, session_id, jsonb_object_agg(tool_id, n) as counts,
      array_agg(tool_id order by tool_id collate "C") as names,
      (array_agg(tool_id order by n desc, tool_id collate "C"))[1] as top
    from (
      select customer_id, session_id, tool_id, sum(n) as n from (
        select customer_id, session_id, tool_id, 1::bigint as n from told where tool_id is not null
        union all
        select customer_id, session_id, key, value::bigint from before cross join lateral jsonb_each_text(tool_counts)
        where has_tool) as both_sides
      group by 1, 2, 3) as by_tool
    group by 1, 2
  ),
  after as materialized (
    select customer_id, session_id, is_new, has_tool and coalesce(b.tool_counts, '{}') = '{}' as first_tool,
      least(b.old_start, b.started_at) as started_at, greatest(b.old_end, b.ended_at) as ended_at,
      coalesce(b.events_count, 0) + b.events as events_count,
      coalesce(b.exports_generated, 0) + b.exports as exports_generated,
      coalesce(b.competency_points_earned, 0) + b.points as points_earned,
      coalesce(t.counts, b.tool_counts, '{}') as tool_counts,
      coalesce(t.names, b.tools_accessed, '{}') as tools_accessed,
      case when has_tool then t.top else b.primary_tool end as primary_tool,
      case when lands then l.event_id else b.landing_event_id end as landing_event_id,
      case when lands then l.device_type else b.device_type end as device_type,
      case when lands then l.browser else b.browser end as browser,
      case when lands then milepost.referrer_source(l.referrer) else b.referrer_source end as referrer_source,
      case when is_first then u.event_id else b.user_event_id end as user_event_id,
      case when is_first then u.user_id else b.user_id end as user_id
    from before b
    left join tools t using (customer_id, session_id)
    left join landing l using (customer_id, session_id)
    left join seen u using (customer_id, session_id)
    cross join lateral (select
      l.event_id is not null and (b.landing_event_id is null or l.event_id < b.landing_event_id) as lands,
      u.event_id is not null and (b.user_event_id is null or u.event_id < b.user_event_id) as is_first) as found
  ),
  stored as (
    insert into public.behavior_sessions (customer_id, session_id, user_id, user_event_id, started_at, ended_at,
      events_count, tool_counts, tools_accessed, primary_tool, exports_generated, competency_points_earned,
      device_type, browser, referrer_source, landing_event_id)
    select customer_id, session_id, user_id, user_event_id, started_at, ended_at, events_count, tool_counts,
      tools_accessed, primary_tool, exports_generated, points_earned, device_type, browser, referrer_source,
      landing_event_id
    from after order by customer_id, session_id
    on conflict (customer_id, session_id) do update set
      user_id = excluded.user_id, user_event_id = excluded.user_event_id, started_at = excluded.started_at,
      ended_at = excluded.ended_at, events_count = excluded.events_count, tool_counts = excluded.tool_counts,
      tools_accessed = excluded.tools_accessed, primary_tool = excluded.primary_tool,
      exports_generated = excluded.exports_generated,
      competency_points_earned = excluded.competency_points_earned, device_type = excluded.device_type,
      browser = excluded.browser, referrer_source = excluded.referrer_source,
      landing_event_id = excluded.landing_event_id
  )
  select customer_id, count(*) filter (where is_new), count(*) filter (where first_tool) from after group by customer_id;
end $$;

-- Adds a batch to its customers' days.
create function milepost.fold_days(batch milepost.told[]) returns void
language plpgsql set plan_cache_mode = force_generic_plan set enable_seqscan = off as $$
begin
  with told as (
    select * from unnest(batch)
  ),
  competencies as (
    insert into milepost.competency_days as d (customer_id, competency, day, points)
    select customer_id, competency, day, sum(points) from told
    where competency is not null and points > 0
    group by 1, 2, 3 order by 1, 2, 3
    on conflict (customer_id, competency, day) do update set points = d.points + excluded.points
  )
  insert into milepost.customer_days as d (customer_id, day, first_event_at, last_event_at, last_session_at, events,
    exports, resources_created, resources_shared, milestones, high_impact, medium_impact, low_impact, points,
    credibility, tools, current_arr_latest, target_arr_latest, growth_stage_latest)
  select customer_id, day, min(at), max(at), max(at) filter (where session_id is not null),
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
language plpgsql set plan_cache_mode = force_generic_plan set enable_seqscan = off as $$
declare
  wanted constant bigint := (select count(distinct c) from unnest(customers) as c);
  locked bigint;
begin
  -- Taken here at the latest, and always before the rows: a change of points locks this table and then every row.
  lock table milepost.plan_points in access share mode;
  loop
    perform from milepost.standing where customer_id = any (customers) order by customer_id for no key update;
    get diagnostics locked = row_count;
    exit when locked >= wanted;
    -- Fewer: some are new, or went with their last event while we waited for them.
    insert into milepost.standing (customer_id) select distinct c from unnest(customers) as c order by 1
      on conflict do nothing;
  end loop;
end $$;

-- Adds a batch of new events to everything: the one place where an event becomes standing.
create function milepost.fold(batch milepost.told[]) returns void
language plpgsql set plan_cache_mode = force_generic_plan set enable_seqscan = off as $$
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
      select customer_id, min(at) as first_event_at, max(at) as last_event_at,
        max(at) filter (where session_id is not null) as last_session_at, count(*) as events,
        sum(exports) as exports, sum(resources_created) as resources_created, sum(resources_shared) as resources_shared,
        sum(milestones) as milestones, sum(high_impact) as high_impact, sum(medium_impact) as medium_impact,
        sum(low_impact) as low_impact, sum(points) as points, sum(credibility) as credibility,
        max((told_at || current_arr) collate "C") as current_arr_latest,
        max((told_at || target_arr) collate "C") as target_arr_latest,
        max((told_at || growth_stage) collate "C") as growth_stage_latest
      from unnest(batch)
      group by 1) as sums
    left join milepost.fold_sessions(batch) using (customer_id)) as n
  where s.customer_id = n.customer_id;
end $$;
