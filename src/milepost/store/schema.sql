-- Milepost's whole schema, for reading. Written by scripts/write_schema.py from the migrations: do not edit.
--
-- Left out: the monthly partitions of public.behavior_events (milepost.ensure_partitions makes them) and the schema
-- milepost_jobs, which is Procrastinate's own (migrations/0007_jobs.sql). `milepost migrate` sets a database up; this
-- file needs the roles milepost_server and milepost_reader, and the owner as a member of both.

set search_path = '';
set check_function_bodies = off;

CREATE SCHEMA milepost;

CREATE TYPE milepost.told AS (
	customer_id text,
	session_id text,
	event_id uuid,
	user_id text,
	at timestamp with time zone,
	day date,
	tool_id text,
	competency text,
	points integer,
	credibility integer,
	exports integer,
	resources_created integer,
	resources_shared integer,
	milestones integer,
	high_impact integer,
	medium_impact integer,
	low_impact integer,
	told_at text,
	current_arr text,
	target_arr text,
	growth_stage text,
	device_type text,
	browser text,
	referrer text
);

CREATE FUNCTION milepost.badge_rules() RETURNS TABLE(place bigint, badge_id text, metric text, at_least bigint, competency text, tool text, level integer)
    LANGUAGE sql STABLE
    AS $$
  select b.place, b.item ->> 'id', b.item ->> 'metric',
    coalesce((b.item ->> 'at_least')::bigint, nullif(jsonb_array_length(p.document -> case b.item ->> 'metric'
      when 'tools' then 'tools' else 'competencies' end), 0)),
    b.item ->> 'competency', b.item ->> 'tool', (b.item ->> 'level')::integer
  from milepost.plan p
  cross join lateral jsonb_array_elements(p.document -> 'badges') with ordinality as b(item, place)
$$;

CREATE FUNCTION milepost.badges_of(customers text[], as_of date) RETURNS TABLE(customer_id text, place bigint, badge_id text, value bigint, at_least bigint, earned_on date)
    LANGUAGE sql STABLE
    AS $$
  with rules as materialized (
    select * from milepost.badge_rules()
  ),
  days as materialized (
    select d.customer_id, d.day, d.tools, sum(d.points) over so_far as points, row_number() over so_far as active_days,
      sum(d.exports) over so_far as exports, sum(d.resources_created) over so_far as resources_created,
      sum(d.resources_shared) over so_far as resources_shared, sum(d.milestones) over so_far as milestones
    from milepost.customer_days d where d.customer_id = any (customers) and d.day <= as_of
    window so_far as (partition by d.customer_id order by d.day)
  ),
  tools as materialized (
    select d.customer_id, t.tool, d.day, row_number() over (partition by d.customer_id, t.tool order by d.day) as times
    from days d cross join lateral unnest(d.tools) as t(tool)
    where t.tool in (select item ->> 'id' from milepost.plan, jsonb_array_elements(document -> 'tools') as item)
  ),
  weeks as materialized (
    select * from milepost.streak_weeks(customers, as_of)
  ),
  climb as materialized (
    select k.*, s.level from milepost.competency_climb(customers, as_of) as k
    cross join lateral (select coalesce(max(l.level), 0) as level from milepost.level_steps() as l
      where k.points >= l.points) as s
  ),
  -- A line wherever what a badge counts has risen, with what it has risen to.
  told as (
    select d.customer_id, r.place, d.day, case r.metric
      when 'points' then d.points when 'active_days' then d.active_days when 'exports' then d.exports
      when 'resources_created' then d.resources_created when 'resources_shared' then d.resources_shared
      when 'milestones' then d.milestones end::bigint as value
    from days d join rules r on r.metric in
      ('points', 'active_days', 'exports', 'resources_created', 'resources_shared', 'milestones')
    union all
    select w.customer_id, r.place, w.first_day, row_number() over (partition by w.customer_id, r.place order by w.monday)
    from weeks w join rules r on r.metric = 'active_weeks'
    union all
    select w.customer_id, r.place, w.first_day, w.nth from weeks w join rules r on r.metric = 'streak_weeks'
    union all
    select t.customer_id, r.place, t.day, row_number() over (partition by t.customer_id, r.place order by t.day)
    from tools t join rules r on r.metric = 'tools' where t.times = 1
    union all
    select t.customer_id, r.place, t.day, t.times from tools t join rules r on r.metric = 'tool_days' and r.tool = t.tool
    union all
    select k.customer_id, r.place, k.day, k.points
    from climb k join rules r on r.metric = 'competency_points' and r.competency = k.competency
    union all
    select k.customer_id, r.place, k.day, k.level
    from climb k join rules r on r.metric = 'level' and coalesce(r.competency, k.competency) = k.competency
    union all
    select k.customer_id, k.place, k.day, row_number() over (partition by k.customer_id, k.place order by k.day)
    from (
      select c.customer_id, r.place, c.competency, min(c.day) as day
      from climb c join rules r on r.metric = 'competencies_at_level' and c.level >= r.level group by 1, 2, 3) as k
    union all
    select a.customer_id, r.place, (a."timestamp" at time zone 'UTC')::date,
      row_number() over (partition by a.customer_id, r.place order by a."timestamp")
    from public.customer_actions a join rules r on r.metric = 'outcomes'
    where a.customer_id = any (customers) and a.role = 'outcome' and a.deleted_at is null
      and (a."timestamp" at time zone 'UTC')::date <= as_of
  ),
  found as (
    select t.customer_id, t.place, max(t.value) as value, min(t.day) filter (where t.value >= r.at_least) as earned_on
    from told t join rules r using (place) group by 1, 2
  )
  select c.customer_id, r.place, r.badge_id, coalesce(f.value, 0), coalesce(r.at_least, 1), f.earned_on
  from (select distinct unnest(customers)) as c(customer_id)
  cross join rules r
  left join found f on f.customer_id = c.customer_id and f.place = r.place
$$;

CREATE FUNCTION milepost.clean_event_changes(before timestamp with time zone) RETURNS integer
    LANGUAGE plpgsql
    AS $$
declare
  gone integer;
  highest xid8;
begin
  with old as (
    delete from milepost.event_changes where at < before returning xid
  )
  select count(*), max(xid) into gone, highest from old;
  if gone > 0 then
    update milepost.event_log set cleaned_xid = greatest(cleaned_xid, highest);
  end if;
  return gone;
end $$;

CREATE FUNCTION milepost.competency_climb(customers text[], as_of date) RETURNS TABLE(customer_id text, competency text, day date, points bigint)
    LANGUAGE sql STABLE
    AS $$
  select d.customer_id, d.competency, d.day,
    (sum(d.points) over (partition by d.customer_id, d.competency order by d.day))::bigint
  from milepost.competency_days d
  where d.customer_id = any (customers) and d.day <= as_of
    and d.competency in (select item ->> 'id' from milepost.plan, jsonb_array_elements(document -> 'competencies') as item)
$$;

CREATE FUNCTION milepost.competency_scores(customer text, as_of date) RETURNS TABLE(competency text, points bigint, faded double precision, score double precision, last_day date)
    LANGUAGE sql STABLE
    AS $$
  -- Read once, not for every day of points.
  with r as materialized (
    select rules -> 'competencies' as competencies,
      (rules #>> '{scoring,half_life_days}')::double precision as half_life,
      (rules #>> '{scoring,saturation_points}')::double precision as saturation
    from milepost.plans where plan_version = milepost.plan_of(customer)
  )
  select c.id, coalesce(d.points, 0)::bigint, coalesce(d.faded, 0),
    100 * (1 - exp(-least(coalesce(d.faded, 0) / r.saturation, 700))), d.last_day
  from r
  cross join lateral jsonb_array_elements_text(r.competencies) with ordinality as c(id, place)
  left join lateral (
    select sum(points) as points, max(day) as last_day,
      -- Ordered, so that the same days always add up to the same last bit.
      -- PostgreSQL refuses numbers too near to 0, so what is that small stops there.
      sum(points * 2 ^ greatest(-(as_of - day) / r.half_life, -900) order by day) as faded
    from milepost.competency_days
    where customer_id = customer and competency_days.competency = c.id and day <= as_of) as d on true
  order by c.place
$$;

CREATE FUNCTION milepost.uuid7() RETURNS uuid
    LANGUAGE sql PARALLEL SAFE
    AS $$
  select encode(
    set_byte(
      overlay(uuid_send(gen_random_uuid())
        placing substring(int8send((extract(epoch from clock_timestamp()) * 1000)::bigint) from 3) from 1 for 6),
      6, (get_byte(uuid_send(gen_random_uuid()), 6) & 15) | 112),
    'hex')::uuid
$$;

CREATE TABLE public.behavior_events (
    event_id uuid DEFAULT milepost.uuid7() NOT NULL,
    customer_id text NOT NULL,
    user_id text,
    anonymous_id text,
    session_id text,
    event_type text NOT NULL,
    tool_id text,
    tool_section text,
    business_impact text DEFAULT 'low'::text NOT NULL,
    competency_area text,
    current_arr text,
    target_arr text,
    growth_stage text,
    event_metadata jsonb DEFAULT '{}'::jsonb NOT NULL,
    session_duration bigint,
    time_on_page bigint,
    page_url text,
    referrer text,
    device_type text,
    browser text,
    ip_address inet,
    "timestamp" timestamp with time zone DEFAULT now() NOT NULL,
    received_at timestamp with time zone DEFAULT now() NOT NULL,
    retention_days integer DEFAULT 365 NOT NULL,
    expires_on date GENERATED ALWAYS AS (((("timestamp" AT TIME ZONE 'UTC'::text))::date + retention_days)) STORED NOT NULL,
    anonymized boolean DEFAULT false NOT NULL,
    deleted_at timestamp with time zone,
    customer_source text DEFAULT 'sent'::text NOT NULL,
    is_bot boolean DEFAULT false NOT NULL,
    CONSTRAINT behavior_events_anonymous_id_check CHECK (((length(anonymous_id) >= 1) AND (length(anonymous_id) <= 200))),
    CONSTRAINT behavior_events_browser_check CHECK (((length(browser) >= 1) AND (length(browser) <= 200))),
    CONSTRAINT behavior_events_business_impact_check CHECK ((business_impact = ANY (ARRAY['low'::text, 'medium'::text, 'high'::text]))),
    CONSTRAINT behavior_events_competency_area_check CHECK (((length(competency_area) >= 1) AND (length(competency_area) <= 200))),
    CONSTRAINT behavior_events_current_arr_check CHECK (((length(current_arr) >= 1) AND (length(current_arr) <= 200))),
    CONSTRAINT behavior_events_customer_id_check CHECK (((length(customer_id) >= 1) AND (length(customer_id) <= 200))),
    CONSTRAINT behavior_events_customer_source_check CHECK ((customer_source = ANY (ARRAY['sent'::text, 'user'::text, 'guess'::text]))),
    CONSTRAINT behavior_events_device_type_check CHECK ((device_type = ANY (ARRAY['desktop'::text, 'mobile'::text, 'tablet'::text, 'server'::text, 'other'::text]))),
    CONSTRAINT behavior_events_event_type_check CHECK ((event_type = ANY (ARRAY['tool_usage'::text, 'export_action'::text, 'competency_milestone'::text, 'scaling_metric'::text, 'professional_action'::text, 'navigation'::text, 'content_interaction'::text, 'resource_generation'::text, 'resource_share'::text, 'systematic_progression'::text]))),
    CONSTRAINT behavior_events_growth_stage_check CHECK ((growth_stage = ANY (ARRAY['early_scaling'::text, 'rapid_scaling'::text, 'mature_scaling'::text]))),
    CONSTRAINT behavior_events_retention_days_check CHECK (((retention_days >= 1) AND (retention_days <= 36500))),
    CONSTRAINT behavior_events_session_duration_check CHECK ((session_duration >= 0)),
    CONSTRAINT behavior_events_session_id_check CHECK (((length(session_id) >= 1) AND (length(session_id) <= 200))),
    CONSTRAINT behavior_events_target_arr_check CHECK (((length(target_arr) >= 1) AND (length(target_arr) <= 200))),
    CONSTRAINT behavior_events_time_on_page_check CHECK ((time_on_page >= 0)),
    CONSTRAINT behavior_events_timestamp_check CHECK ((("timestamp" >= '2000-01-01 00:00:00+00'::timestamp with time zone) AND ("timestamp" < '9000-01-01 00:00:00+00'::timestamp with time zone))),
    CONSTRAINT behavior_events_tool_id_check CHECK (((length(tool_id) >= 1) AND (length(tool_id) <= 200))),
    CONSTRAINT behavior_events_tool_section_check CHECK (((length(tool_section) >= 1) AND (length(tool_section) <= 200))),
    CONSTRAINT behavior_events_user_id_check CHECK (((length(user_id) >= 1) AND (length(user_id) <= 200)))
)
PARTITION BY RANGE (event_id);

ALTER TABLE ONLY public.behavior_events FORCE ROW LEVEL SECURITY;

COMMENT ON TABLE public.behavior_events IS 'Online interactions of customers, immutable once stored; partitioned by month of the event id (UUIDv7).';

CREATE FUNCTION milepost.contribution(e public.behavior_events) RETURNS SETOF milepost.told
    LANGUAGE sql STABLE PARALLEL SAFE
    AS $$
  select
    (e).customer_id, (e).session_id, (e).event_id, (e).user_id, (e)."timestamp",
    ((e)."timestamp" at time zone 'UTC')::date, (e).tool_id, (e).competency_area,
    -- Answering a recommendation is worth nothing by itself: what it asks for is.
    case when (e).event_metadata ? 'recommendation_id' then 0 else coalesce(p.points, 0) end,
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
  left join milepost.standing s on s.customer_id = (e).customer_id
  left join milepost.plan_points p on p.plan_version = s.plan_version
    and p.event_type = (e).event_type and p.impact = (e).business_impact
  where milepost.counts(e)
$$;

CREATE FUNCTION milepost.counts(e public.behavior_events) RETURNS boolean
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    AS $$
  select not (e).is_bot and (e).deleted_at is null
$$;

CREATE FUNCTION milepost.current_customer() RETURNS text
    LANGUAGE sql STABLE PARALLEL SAFE
    AS $$
  select coalesce(
    nullif(current_setting('milepost.customer_id', true), ''),
    nullif(current_setting('request.jwt.claims', true), '')::jsonb ->> 'customer_id',
    nullif(current_setting('request.jwt.claims', true), '')::jsonb -> 'app_metadata' ->> 'customer_id',
    nullif(current_setting('request.jwt.claims', true), '')::jsonb ->> 'sub')
$$;

CREATE FUNCTION milepost.current_plan() RETURNS integer
    LANGUAGE sql STABLE PARALLEL SAFE
    AS $$
  select coalesce((select plan_version from milepost.plan), 0)
$$;

CREATE FUNCTION milepost.ensure_partitions(from_day date, to_day date) RETURNS integer
    LANGUAGE plpgsql
    AS $_$
declare
  month date := date_trunc('month', from_day)::date;
  low uuid;
  high uuid;
  part text;
  made integer := 0;
  -- All but the generated ones, which PostgreSQL insists on computing itself.
  columns constant text := (select string_agg(quote_ident(attname), ', ' order by attnum) from pg_attribute
    where attrelid = 'public.behavior_events'::regclass and attnum > 0 and not attisdropped and attgenerated = '');
begin
  perform pg_advisory_xact_lock(hashtext('milepost.ensure_partitions'));
  while month <= to_day loop
    part := 'behavior_events_' || to_char(month, 'YYYY_MM');
    if to_regclass('milepost.' || part) is null then
      low := milepost.uuid7_at(month::timestamp at time zone 'UTC');
      high := milepost.uuid7_at((month + interval '1 month')::timestamp at time zone 'UTC');
      execute format('create table milepost.%I (like public.behavior_events including defaults including constraints'
        ' including generated)', part);
      execute format('alter table milepost.%I enable row level security', part);
      -- Locked first, so that nothing lands in the default partition between the move and the attach.
      lock table milepost.behavior_events_default in access exclusive mode;
      if exists (select from milepost.behavior_events_default where event_id >= low and event_id < high) then
        execute format('insert into milepost.%I (%s) select %s from milepost.behavior_events_default'
          ' where event_id >= $1 and event_id < $2', part, columns, columns) using low, high;
        delete from milepost.behavior_events_default where event_id >= low and event_id < high;
      end if;
      execute format('alter table public.behavior_events attach partition milepost.%I for values from (%L) to (%L)',
        part, low, high);
      made := made + 1;
    end if;
    month := (month + interval '1 month')::date;
  end loop;
  return made;
end $_$;

CREATE FUNCTION milepost.events_of(kind text, id text) RETURNS uuid[]
    LANGUAGE sql STABLE
    AS $$
  with recursive users (user_id) as (
    select id where kind = 'user'
    union
    select a.alias_id from milepost.aliases a join users u on a.user_id = u.user_id where a.kind = 'user'
  ),
  names as materialized (
    select array(select user_id from users) as users, array(
      select id where kind = 'anonymous'
      union
      select a.alias_id from milepost.aliases a join users u on a.user_id = u.user_id where a.kind = 'anonymous'
    ) as visitors
  )
  select array(
    select e.event_id from public.behavior_events e where e.user_id = any ((select users from names)::text[])
    union
    select n.event_id from milepost.sent_users n where n.user_id = any ((select users from names)::text[])
    union
    select e.event_id from public.behavior_events e where e.anonymous_id = any ((select visitors from names)::text[]))
$$;

CREATE FUNCTION milepost.faded_outcomes(customer text, as_of date) RETURNS double precision
    LANGUAGE sql STABLE
    AS $$
  with r as materialized (
    select rules -> 'weights' as weights, (rules #>> '{scoring,half_life_days}')::double precision as half_life
    from milepost.plans where plan_version = milepost.plan_of(customer)
  )
  select sum((r.weights ->> a.business_impact)::double precision * 2 ^ greatest(-(as_of - a.day) / r.half_life, -900)
    order by a.day, a.action_id)
  from r cross join (
    select action_id, business_impact, ("timestamp" at time zone 'UTC')::date as day from public.customer_actions
    where customer_id = customer and role = 'outcome' and deleted_at is null) as a
  where a.day <= as_of
$$;

CREATE FUNCTION milepost.final_user(start text) RETURNS text
    LANGUAGE plpgsql STABLE
    AS $$
declare
  path text[] := array[start];
  onward text;
begin
  loop
    select a.user_id into onward from milepost.aliases a
      where a.kind = 'user' and a.alias_id = path[cardinality(path)];
    if onward is null then
      return path[cardinality(path)];
    end if;
    exit when onward = any (path);
    path := path || onward;
  end loop;
  return coalesce(
    (select c.to_id from milepost.identity_changes c
      join milepost.aliases a on a.kind = 'user' and a.alias_id = c.from_id and a.user_id = c.to_id
      where c.call = 'alias' and c.undone_at is null and c.from_id = any (path[array_position(path, onward):])
      order by c.made_at desc, c.change_id desc limit 1),
    onward);
end $$;

CREATE FUNCTION milepost.fold(batch milepost.told[]) RETURNS void
    LANGUAGE plpgsql
    SET plan_cache_mode TO 'force_generic_plan'
    SET enable_seqscan TO 'off'
    AS $$
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

CREATE FUNCTION milepost.fold_days(batch milepost.told[]) RETURNS TABLE(customer_id text, first_day date, first_event_at timestamp with time zone, last_event_at timestamp with time zone, last_session_at timestamp with time zone, events bigint, exports bigint, resources_created bigint, resources_shared bigint, milestones bigint, high_impact bigint, medium_impact bigint, low_impact bigint, points bigint, credibility bigint, current_arr_latest text, target_arr_latest text, growth_stage_latest text)
    LANGUAGE plpgsql ROWS 20
    SET plan_cache_mode TO 'force_generic_plan'
    SET enable_seqscan TO 'off'
    AS $$
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

CREATE FUNCTION milepost.fold_sessions(batch milepost.told[]) RETURNS TABLE(customer_id text, new_sessions bigint, new_tool_sessions bigint)
    LANGUAGE plpgsql ROWS 20
    SET plan_cache_mode TO 'force_generic_plan'
    SET enable_seqscan TO 'off'
    AS $$
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

CREATE FUNCTION milepost.forget_customers(customers text[]) RETURNS void
    LANGUAGE plpgsql
    AS $$
begin
  perform from milepost.standing
    where customer_id = any (customers) and total_events = 0 and total_actions = 0 and not pinned
    order by customer_id for update;
  if found then
    delete from milepost.standing
      where customer_id = any (customers) and total_events = 0 and total_actions = 0 and not pinned;
  end if;
end $$;

CREATE FUNCTION milepost.game_on(customer text, as_of date) RETURNS TABLE(place bigint, badge_id text, value bigint, at_least bigint, earned_on date)
    LANGUAGE sql STABLE
    AS $$
  select b.place, b.badge_id, b.value, b.at_least, b.earned_on
  from milepost.badges_of(array[customer], as_of) as b order by b.place
$$;

CREATE FUNCTION milepost.grant_reading(reader name) RETURNS void
    LANGUAGE plpgsql
    AS $$
begin
  execute format('grant usage on schema milepost, public to %I', reader);
  execute format('grant select on public.behavior_events, public.behavior_sessions, public.behavior_insights,'
    ' public.customer_actions, milepost.standing, milepost.customer_days, milepost.competency_days, milepost.customers,'
    ' milepost.plan, milepost.plans, milepost.insight_days, milepost.snapshots to %I', reader);
  execute format('grant execute on function milepost.current_customer(), milepost.is_server(),'
    ' milepost.current_plan(), milepost.plan_of(text), milepost.competency_scores(text, date),'
    ' milepost.faded_outcomes(text, date), milepost.insights_days(text, date[]), milepost.insights_on(text, date)'
    ' to %I', reader);
end $$;

CREATE FUNCTION milepost.insights_days(customer text, days date[]) RETURNS TABLE(as_of date, competencies jsonb, current_scaling_score double precision, score_coverage double precision, components jsonb, systematic_progression_rate double precision, professional_credibility_trend text, points_last_14_days bigint, points_14_days_before bigint, active_weeks integer, inconsistent_system_usage boolean, low_business_impact_actions boolean, low_impact_share double precision)
    LANGUAGE sql STABLE
    AS $$
  with wanted as materialized (
    -- age: days since the first event. weeks: how many of the last eight the customer was there for.
    select d.as_of, d.as_of - f.first_day as age, least(8, (d.as_of - f.first_day) / 7 + 1) as weeks
    from (select distinct unnest(days) as as_of) as d
    left join (select (first_event_at at time zone 'UTC')::date as first_day
      from milepost.standing where customer_id = customer) as f on true
  ),
  r as materialized (
    select rules #> '{scoring,components}' as weights,
      (rules #>> '{scoring,dead_band}')::double precision as dead_band,
      (rules #>> '{scoring,trend_min_points}')::double precision as trend_min_points,
      (rules #>> '{risk,active_weeks}')::double precision as risk_weeks,
      (rules #>> '{risk,low_impact_share}')::double precision as risk_share,
      coalesce((rules #>> '{scoring,outcome_saturation}')::double precision, 6) as outcome_saturation,
      coalesce((rules #>> '{scoring,consistency_half_life_weeks}')::double precision, 2) as weeks_half_life,
      coalesce((rules #>> '{scoring,recency_half_life_days}')::double precision, 5) as recency_half_life,
      array(select jsonb_array_elements_text(rules -> 'tools')) as tools
    from milepost.plans where plan_version = milepost.plan_of(customer)
  ),
  windows as (
    select w.as_of,
      coalesce(sum(d.points) filter (where d.day > w.as_of - 14), 0) as points_14,
      coalesce(sum(d.points) filter (where d.day > w.as_of - 28 and d.day <= w.as_of - 14), 0) as points_14_before,
      coalesce(sum(d.points) filter (where d.day > w.as_of - 28), 0) as points_28,
      coalesce(sum(d.points) filter (where d.day <= w.as_of - 28), 0) as points_84_before,
      count(distinct (w.as_of - d.day) / 7) filter (where d.day > w.as_of - 56)::integer as active_weeks,
      -- One power a week, so that DISTINCT counts each week once: a week half_life_weeks earlier counts half.
      sum(distinct 2 ^ (-((w.as_of - d.day) / 7) / r.weeks_half_life)) filter (where d.day > w.as_of - 56) as faded_weeks,
      max(d.day) as last_day,
      sum(d.low_impact) filter (where d.day > w.as_of - 28) as low_28,
      sum(d.events) filter (where d.day > w.as_of - 28) as events_28
    from wanted w left join r on true left join milepost.customer_days d
      on d.customer_id = customer and d.day > w.as_of - 112 and d.day <= w.as_of
    group by w.as_of
  ),
  used as (
    select w.as_of, count(distinct t.tool) as tools
    from wanted w cross join r
    join milepost.customer_days d on d.customer_id = customer and d.day > w.as_of - 30 and d.day <= w.as_of
    cross join lateral unnest(d.tools) as t(tool)
    where t.tool = any (r.tools)
    group by w.as_of
  ),
  skills as (
    select w.as_of, jsonb_object_agg(c.competency, c.score) as scores, avg(c.score) as average, sum(c.points) as points
    from wanted w cross join lateral milepost.competency_scores(customer, w.as_of) as c
    group by w.as_of
  ),
  parts as (
    select w.as_of, v.name, v.value, v.place, coalesce((r.weights ->> v.name)::double precision, 0) as weight
    from wanted w cross join r
    join windows n using (as_of)
    left join skills s using (as_of)
    left join used u using (as_of)
    cross join lateral (values
      (1, 'competencies', case when s.points > 0 then s.average end),
      (2, 'breadth', (100.0 * coalesce(u.tools, 0) / nullif(cardinality(r.tools), 0))::double precision),
      -- Of a customer's first two weeks nobody can say whether they come regularly.
      (3, 'consistency', case when w.age >= 14 then least(100, 100 * coalesce(n.faded_weeks, 0)
        * (1 - 2 ^ (-1 / r.weeks_half_life)) / (1 - 2 ^ (-w.weeks / r.weeks_half_life))) end),
      (4, 'recency', case when n.last_day is null then 0
        else 100 * 2 ^ greatest(-(w.as_of - n.last_day) / r.recency_half_life, -900) end),
      -- Points a day of the last 28 against those of up to 84 days before, at least 14 of them: 50 is as before.
      (5, 'momentum', case when w.age >= 41 and n.points_28 + n.points_84_before > 0
        then 100.0 * (n.points_28 / 28.0) / (n.points_28 / 28.0 + n.points_84_before / least(84.0, w.age - 27)) end),
      (6, 'outcomes', (select 100 * (1 - exp(-least(o.faded / r.outcome_saturation, 700)))
        from milepost.faded_outcomes(customer, w.as_of) as o(faded) where o.faded is not null))
    ) as v(place, name, value)
    where w.age >= 0
  ),
  weighed as (
    select as_of, name, place, weight, value,
      sum(weight) filter (where value is not null) over (partition by as_of) as there,
      sum(weight) over (partition by as_of) as whole
    from parts
  ),
  score as (
    select as_of,
      -- A score that rests on less than a third of its parts would say more than is known.
      case when min(there) >= min(whole) / 3 then sum(weight * value order by place) / nullif(min(there), 0) end as score,
      coalesce(min(there), 0) / nullif(min(whole), 0) as coverage,
      jsonb_agg(jsonb_build_object('name', name, 'weight', weight, 'value', value,
        'contribution', weight * value / nullif(there, 0)) order by place) as components
    from weighed group by as_of
  )
  select w.as_of, s.scores, score.score, score.coverage, score.components, n.points_28 / 4.0,
    case
      -- Of the 14 days before the last 14, a newer customer was there for a part only.
      when w.age >= 27 is not true then null
      when points_14 + points_14_before < r.trend_min_points then null
      when points_14 > points_14_before * (1 + r.dead_band) then 'improving'
      when points_14 < points_14_before * (1 - r.dead_band) then 'declining'
      else 'stable'
    end,
    points_14::bigint, points_14_before::bigint, n.active_weeks,
    -- The plan's figure is for eight weeks; a customer of fewer is held to as large a share of theirs.
    case when w.age >= 28 then n.active_weeks < r.risk_weeks * w.weeks / 8 end,
    case when events_28 >= 10 then low_28 / events_28 > r.risk_share end,
    (low_28 / nullif(events_28, 0))::double precision
  from wanted w
  join windows n using (as_of)
  left join r on true
  left join skills s using (as_of)
  left join score using (as_of)
$$;

CREATE FUNCTION milepost.insights_on(customer text, as_of date) RETURNS TABLE(competencies jsonb, current_scaling_score double precision, score_coverage double precision, components jsonb, systematic_progression_rate double precision, professional_credibility_trend text, points_last_14_days bigint, points_14_days_before bigint, active_weeks integer, inconsistent_system_usage boolean, low_business_impact_actions boolean, low_impact_share double precision)
    LANGUAGE sql STABLE
    AS $$
  select i.competencies, i.current_scaling_score, i.score_coverage, i.components, i.systematic_progression_rate,
    i.professional_credibility_trend, i.points_last_14_days, i.points_14_days_before, i.active_weeks,
    i.inconsistent_system_usage, i.low_business_impact_actions, i.low_impact_share
  from milepost.insights_days(customer, array[as_of]) as i
$$;

CREATE FUNCTION milepost.is_server() RETURNS boolean
    LANGUAGE sql STABLE PARALLEL SAFE
    AS $$
  select pg_has_role(current_user, 'milepost_server', 'member')
$$;

CREATE FUNCTION milepost.leaderboard(me text, most integer) RETURNS TABLE(rank bigint, name text, points bigint, is_me boolean, customers bigint)
    LANGUAGE sql STABLE
    AS $$
  with top as (
    select g.customer_id, g.points_28, p.leaderboard, p.display_name
    from milepost.game_standing g join milepost.game_profiles p using (customer_id)
    where p.leaderboard <> 'off' order by g.points_28 desc, g.customer_id limit most
  ),
  ranked as (
    select rank() over (order by t.points_28 desc) as rank, t.* from top t
  ),
  mine as (
    select 1 + (
      select count(*) from milepost.game_standing o join milepost.game_profiles q using (customer_id)
      where q.leaderboard <> 'off' and o.points_28 > g.points_28) as rank,
      g.customer_id, g.points_28, p.leaderboard, p.display_name
    from milepost.game_standing g join milepost.game_profiles p using (customer_id)
    where p.leaderboard <> 'off' and g.customer_id = me
  ),
  shown as (
    select * from ranked union select * from mine
  )
  select s.rank, case when s.leaderboard = 'named' then s.display_name else 'Somebody' end, s.points_28,
    s.customer_id = me,
    (select count(*) from milepost.game_profiles where leaderboard <> 'off')
  from shown s order by s.points_28 desc, s.customer_id
$$;

CREATE FUNCTION milepost.level_steps() RETURNS TABLE(level integer, points bigint)
    LANGUAGE sql STABLE
    AS $$
  select step.level::integer, step.points::bigint
  from milepost.plan cross join lateral jsonb_array_elements_text(document #> '{game,level_points}')
    with ordinality as step(points, level)
$$;

CREATE FUNCTION milepost.levels_of(customers text[], as_of date) RETURNS TABLE(customer_id text, place bigint, competency text, points bigint, level integer, reached_on date)
    LANGUAGE sql STABLE
    AS $$
  with climb as materialized (
    select * from milepost.competency_climb(customers, as_of)
  ),
  tops as (
    select k.customer_id, k.competency, max(k.points) as points from climb k group by 1, 2
  ),
  reached as (
    select k.customer_id, k.competency, s.level, min(k.day) as reached_on
    from climb k join milepost.level_steps() as s on k.points >= s.points group by 1, 2, 3
  ),
  highest as (
    select distinct on (r.customer_id, r.competency) r.* from reached r
    order by r.customer_id, r.competency, r.level desc
  )
  select c.customer_id, x.place, x.item ->> 'id', coalesce(t.points, 0), coalesce(h.level, 0), h.reached_on
  from (select distinct unnest(customers)) as c(customer_id)
  cross join milepost.plan p
  cross join lateral jsonb_array_elements(p.document -> 'competencies') with ordinality as x(item, place)
  left join tops t on t.customer_id = c.customer_id and t.competency = x.item ->> 'id'
  left join highest h on h.customer_id = c.customer_id and h.competency = x.item ->> 'id'
$$;

CREATE FUNCTION milepost.levels_on(customer text, as_of date) RETURNS TABLE(place bigint, competency text, points bigint, level integer, reached_on date)
    LANGUAGE sql STABLE
    AS $$
  select l.place, l.competency, l.points, l.level, l.reached_on
  from milepost.levels_of(array[customer], as_of) as l order by l.place
$$;

CREATE FUNCTION milepost.lock_identity(changing boolean) RETURNS void
    LANGUAGE sql
    AS $$
  select case when changing then pg_advisory_xact_lock(7021963) else pg_advisory_xact_lock_shared(7021963) end
$$;

CREATE FUNCTION milepost.lock_standing(customers text[]) RETURNS void
    LANGUAGE plpgsql
    SET plan_cache_mode TO 'force_generic_plan'
    SET enable_seqscan TO 'off'
    AS $$
declare
  wanted constant bigint := (select count(distinct c) from unnest(customers) as c);
  locked bigint;
begin
  loop
    perform from milepost.standing where customer_id = any (customers) order by customer_id for no key update;
    get diagnostics locked = row_count;
    exit when locked >= wanted;
    -- Fewer: some are new, or went with their last event while we waited for them.
    insert into milepost.standing (customer_id) select distinct c from unnest(customers) as c order by 1
      on conflict do nothing;
  end loop;
end $$;

CREATE FUNCTION milepost.mark_changed(customers text[], days date[]) RETURNS void
    LANGUAGE sql
    AS $$
  update milepost.standing s
    set unsettled = true, changes = s.changes + 1, changed_from = least(s.changed_from, c.day)
  from (select customer_id, min(day) as day from unnest(customers, days) as k(customer_id, day) group by 1) as c
  where s.customer_id = c.customer_id
$$;

CREATE FUNCTION milepost.monday(day date) RETURNS date
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    AS $$
  select day - (extract(isodow from day)::integer - 1)
$$;

CREATE FUNCTION milepost.move_events(events uuid[]) RETURNS bigint
    LANGUAGE plpgsql
    AS $$
declare
  moved bigint;
begin
  with said as (
    select e.event_id, case when e.customer_source = 'sent' then e.customer_id end as customer_id,
      case when n.event_id is null then e.user_id else n.user_id end as user_id, e.anonymous_id,
      e.customer_id as old_customer, e.user_id as old_user, e.customer_source as old_source
    from public.behavior_events e left join milepost.sent_users n using (event_id)
    where e.event_id = any (events)
  ),
  owner as (
    select s.event_id, s.user_id as sent_user, r.* from said s
    cross join lateral milepost.resolve(s.customer_id, s.user_id, s.anonymous_id) as r
    where (r.customer_id, r.user_id, r.customer_source) is distinct from (s.old_customer, s.old_user, s.old_source)
  ),
  noted as (
    insert into milepost.sent_users (event_id, user_id)
    select event_id, sent_user from owner where sent_user is distinct from user_id
    on conflict do nothing
  )
  update public.behavior_events e
    set customer_id = o.customer_id, user_id = o.user_id, customer_source = o.customer_source
    from owner o where e.event_id = o.event_id;
  get diagnostics moved = row_count;
  return moved;
end $$;

CREATE FUNCTION milepost.next_actions(customer text) RETURNS jsonb
    LANGUAGE sql STABLE
    AS $$
  select coalesce(jsonb_agg(jsonb_build_object(
    'recommendation_id', recommendation_id, 'source', source, 'playbook', nullif(playbook, 'learned'), 'title', title,
    'action', action, 'tool_id', tool_id, 'competency', competency, 'reason', reason, 'evidence', evidence,
    'state', state, 'made_at', made_at, 'shown_at', shown_at, 'accepted_at', accepted_at,
    'dismissed_at', dismissed_at, 'done_at', done_at, 'url', url)
    order by rank desc, made_at desc, recommendation_id desc), '[]')
  from (
    select distinct on (asks_for) * from milepost.recommendations
    where customer_id = customer and not held_out and closed_at is null and expires_at > now()
    order by asks_for, rank desc, made_at desc, recommendation_id desc) as open
$$;

CREATE FUNCTION milepost.number_of(kind text, id text) RETURNS integer
    LANGUAGE plpgsql
    AS $$
declare
  found integer;
begin
  loop
    select n.number into found from milepost.numbers n where n.kind = number_of.kind and n.id = number_of.id;
    if found is not null then
      return found;
    end if;
    insert into milepost.numbers (kind, id) values (number_of.kind, number_of.id) on conflict do nothing;
  end loop;
end $$;

CREATE FUNCTION milepost.on_actions_changed() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
declare
  customers text[];
  days date[];
begin
  if tg_op = 'TRUNCATE' then
    select array_agg(customer_id), array_agg('0001-01-01'::date) into customers, days
      from milepost.standing where total_actions > 0;
  elsif tg_op = 'INSERT' then
    select array_agg(customer_id), array_agg(("timestamp" at time zone 'UTC')::date) into customers, days
      from new_actions;
  elsif tg_op = 'DELETE' then
    select array_agg(customer_id), array_agg(("timestamp" at time zone 'UTC')::date) into customers, days
      from old_actions;
  else
    select array_agg(customer_id), array_agg(day) into customers, days from (
      select customer_id, ("timestamp" at time zone 'UTC')::date as day from old_actions
      union select customer_id, ("timestamp" at time zone 'UTC')::date from new_actions) as both_sides;
  end if;
  if customers is not null then
    perform milepost.lock_standing(customers);
    perform milepost.mark_changed(customers, days);
    update milepost.standing as s set total_actions = a.actions, last_action_at = a.last_action_at
    from (select distinct customer_id from unnest(customers) as c(customer_id)) as c cross join lateral (
      select count(*) as actions, max("timestamp") as last_action_at from public.customer_actions
      where customer_id = c.customer_id and deleted_at is null) as a
    where s.customer_id = c.customer_id;
    perform milepost.forget_customers(customers);
  end if;
  return null;
end $$;

CREATE FUNCTION milepost.on_authored_actions_gone() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
begin
  if tg_op = 'TRUNCATE' then
    delete from milepost.action_authors;
  else
    delete from milepost.action_authors a using old_actions o where a.action_id = o.action_id;
  end if;
  return null;
end $$;

CREATE FUNCTION milepost.on_events_deleted() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
declare
  touched record;
begin
  insert into milepost.event_changes (kind, event_ids, customers, times)
    select 'gone', array_agg(event_id), array_agg(milepost.number_of('customer', customer_id)), array_agg("timestamp")
    from old_events where deleted_at is null having count(*) > 0;
  -- What was noted of an event goes with it.
  delete from milepost.sent_users n using old_events o where n.event_id = o.event_id;
  select array_agg(customer_id) as day_customers, array_agg(day) as days,
    array_agg(customer_id) filter (where session_id is not null) as session_customers,
    array_agg(session_id) filter (where session_id is not null) as sessions
  into touched from (
    select distinct customer_id, session_id, ("timestamp" at time zone 'UTC')::date as day
    from old_events o where milepost.counts(o)) as sides;
  if touched.days is not null then
    perform milepost.repair(touched.day_customers, touched.days, touched.session_customers, touched.sessions);
  end if;
  return null;
end $$;

CREATE FUNCTION milepost.on_events_inserted() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
declare
  batch milepost.told[];
  ids uuid[];
  customers text[];
begin
  select array_agg(e.event_id), array_agg(distinct e.customer_id) filter (where milepost.counts(e))
    into ids, customers from new_events e;
  if ids is null then
    return null;
  end if;
  insert into milepost.event_changes (kind, event_ids) values ('stored', ids);
  if customers is not null then
    perform milepost.lock_standing(customers);
    select array_agg(c) into batch from new_events e cross join lateral milepost.contribution(e) as c;
    perform milepost.fold(batch);
  end if;
  return null;
end $$;

CREATE FUNCTION milepost.on_events_truncated() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
declare
  everyone text[];
begin
  insert into milepost.event_changes (kind) values ('emptied');
  delete from milepost.sent_users;
  -- Deleted, not truncated: they may stand in the same TRUNCATE, whose locks a second one would run into.
  delete from public.behavior_sessions;
  delete from milepost.customer_days;
  delete from milepost.competency_days;
  everyone := array(select customer_id from milepost.standing order by 1 for update);
  perform milepost.mark_changed(everyone, array_fill('0001-01-01'::date, array[cardinality(everyone)]));
  perform milepost.refresh_standing(everyone);
  return null;
end $$;

CREATE FUNCTION milepost.on_events_updated() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
declare
  touched record;
begin
  insert into milepost.event_changes (kind, event_ids)
    select 'stored', array_agg(event_id) from new_events where deleted_at is null having count(*) > 0;
  insert into milepost.event_changes (kind, event_ids, customers, times)
    select 'gone', array_agg(event_id), array_agg(milepost.number_of('customer', customer_id)), array_agg("timestamp")
    from (
      select o.event_id, o.customer_id, o."timestamp" from old_events o left join new_events n using (event_id)
      where o.deleted_at is null
        and (n.event_id is null or n.deleted_at is not null
          or (o.customer_id, o."timestamp") is distinct from (n.customer_id, n."timestamp"))) as moved
    having count(*) > 0;
  with changed as (
    -- A full join: where the id itself was changed, the old row and the new one stand alone.
    select o, n from old_events o full join new_events n using (event_id)
    where (milepost.counts(o) or milepost.counts(n))
      and (o.event_id, o.customer_id, o.user_id, o.session_id, o.event_type, o.tool_id, o.business_impact,
        o.competency_area, o.current_arr, o.target_arr, o.growth_stage, o.event_metadata, o.referrer, o.device_type, o.browser,
        o."timestamp", milepost.counts(o))
      is distinct from (n.event_id, n.customer_id, n.user_id, n.session_id, n.event_type, n.tool_id, n.business_impact,
        n.competency_area, n.current_arr, n.target_arr, n.growth_stage, n.event_metadata, n.referrer, n.device_type,
        n.browser, n."timestamp", milepost.counts(n))
  ),
  sides as (
    select (o).customer_id, (o).session_id, ((o)."timestamp" at time zone 'UTC')::date as day from changed
    union
    select (n).customer_id, (n).session_id, ((n)."timestamp" at time zone 'UTC')::date from changed
  )
  select array_agg(customer_id) as day_customers, array_agg(day) as days,
    array_agg(customer_id) filter (where session_id is not null) as session_customers,
    array_agg(session_id) filter (where session_id is not null) as sessions
  into touched from sides where customer_id is not null;
  if touched.days is not null then
    perform milepost.repair(touched.day_customers, touched.days, touched.session_customers, touched.sessions);
  end if;
  return null;
end $$;

CREATE FUNCTION milepost.plan_of(customer text) RETURNS integer
    LANGUAGE sql STABLE PARALLEL SAFE
    AS $$
  select coalesce((select plan_version from milepost.standing where customer_id = customer), milepost.current_plan())
$$;

CREATE FUNCTION milepost.plan_rules(document jsonb) RETURNS jsonb
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    AS $_$
  select jsonb_build_object(
    'scoring', document -> 'scoring', 'risk', document -> 'risk', 'weights', document #> '{points,weight}',
    'tools', jsonb_path_query_array(document, '$.tools[*].id'),
    'competencies', jsonb_path_query_array(document, '$.competencies[*].id'))
$_$;

CREATE FUNCTION milepost.practice_on(customer text, as_of date) RETURNS TABLE(competency text, practice double precision, results double precision, points bigint, faded_points double precision, outcomes bigint, faded_outcomes double precision, last_outcome date)
    LANGUAGE sql STABLE
    AS $$
  with rules as materialized (
    select document #> '{points,weight}' as weights,
      (document #>> '{scoring,half_life_days}')::double precision as half_life,
      coalesce((document #>> '{scoring,outcome_saturation}')::double precision, 6) as saturation
    from milepost.plans where plan_version = milepost.plan_of(customer)
  ),
  outcomes as materialized (
    select a.competency_area, a.action_id, a.day,
      -- PostgreSQL takes a number too small for it for a mistake, here and in exp() below.
      (r.weights ->> a.business_impact)::double precision * 2 ^ greatest(-(as_of - a.day) / r.half_life, -900) as counts
    from rules r cross join (
      select action_id, competency_area, business_impact, ("timestamp" at time zone 'UTC')::date as day
      from public.customer_actions
      where customer_id = customer and role = 'outcome' and deleted_at is null) as a
    where a.day <= as_of
  ),
  skills as materialized (
    select * from milepost.competency_scores(customer, as_of)
      with ordinality as s(competency, points, faded, score, last_day, place)
  )
  select competency, practice, results, points, faded_points, outcomes, faded_outcomes, last_outcome from (
    select s.place, s.competency, s.score as practice,
      100 * (1 - exp(-least(coalesce(o.faded, 0) / r.saturation, 700))) as results,
      s.points, s.faded as faded_points, coalesce(o.outcomes, 0) as outcomes, coalesce(o.faded, 0) as faded_outcomes,
      o.last_outcome
    from rules r cross join skills s
    left join (
      -- Ordered, so that the same outcomes always add up to the same last bit.
      select competency_area, count(*) as outcomes, sum(counts order by day, action_id) as faded,
        max(day) as last_outcome
      from outcomes group by 1) as o on o.competency_area = s.competency
    union all
    select 0, null, coalesce(s.practice, 0), 100 * (1 - exp(-least(coalesce(o.faded, 0) / r.saturation, 700))),
      coalesce(s.points, 0)::bigint, coalesce(s.faded, 0), o.outcomes, coalesce(o.faded, 0), o.last_outcome
    from rules r
    cross join (select avg(score) as practice, sum(points) as points, sum(faded) as faded from skills) as s
    cross join (
      select count(*) as outcomes, sum(counts order by day, action_id) as faded, max(day) as last_outcome
      from outcomes) as o) as both_kinds
  order by place
$$;

CREATE FUNCTION milepost.readers() RETURNS SETOF name
    LANGUAGE sql STABLE
    AS $$
  select rolname from pg_roles where rolname in ('milepost_reader', 'authenticated')
$$;

CREATE FUNCTION milepost.recompute(customers text[]) RETURNS void
    LANGUAGE plpgsql
    AS $$
declare
  one text;
  slice record;
begin
  perform milepost.lock_standing(customers);
  perform milepost.mark_changed(customers, array_fill('0001-01-01'::date, array[cardinality(customers)]));
  delete from milepost.customer_days where customer_id = any (customers);
  delete from milepost.competency_days where customer_id = any (customers);
  delete from public.behavior_sessions where customer_id = any (customers);
  foreach one in array customers loop
    for slice in
      select array_agg(c) as batch from public.behavior_events e cross join lateral milepost.contribution(e) as c
      where e.customer_id = one group by c.day
    loop
      perform milepost.fold_days(slice.batch);
      perform milepost.fold_sessions(slice.batch);
    end loop;
  end loop;
  perform milepost.refresh_standing(customers);
end $$;

CREATE FUNCTION milepost.referrer_source(referrer text) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    AS $$
  select lower(substring(referrer from '^[a-zA-Z][a-zA-Z0-9+.-]*://(?:[^/?#@]*@)?(?:[wW]{3}\.)?([^/:?#@]{1,200})'))
$$;

CREATE FUNCTION milepost.refresh_standing(customers text[]) RETURNS void
    LANGUAGE plpgsql
    AS $$
begin
  update milepost.standing as s set
    first_event_at = d.first_event_at, last_event_at = d.last_event_at, last_session_at = d.last_session_at,
    total_events = coalesce(d.events, 0), total_exports_generated = coalesce(d.exports, 0),
    total_resources_created = coalesce(d.resources_created, 0),
    total_resources_shared = coalesce(d.resources_shared, 0), total_milestones = coalesce(d.milestones, 0),
    high_impact_events = coalesce(d.high_impact, 0), medium_impact_events = coalesce(d.medium_impact, 0),
    low_impact_events = coalesce(d.low_impact, 0), total_points = coalesce(d.points, 0),
    professional_credibility = coalesce(d.credibility, 0), current_arr_latest = d.current_arr_latest,
    target_arr_latest = d.target_arr_latest, growth_stage_latest = d.growth_stage_latest,
    total_sessions = (select count(*) from public.behavior_sessions b where b.customer_id = s.customer_id),
    total_tool_sessions = (select count(*) from public.behavior_sessions b
      where b.customer_id = s.customer_id and b.tool_counts <> '{}'),
    total_actions = a.actions, last_action_at = a.last_action_at
  from unnest(customers) as c(customer_id)
  cross join lateral (
    select min(first_event_at) as first_event_at, max(last_event_at) as last_event_at,
      max(last_session_at) as last_session_at, sum(events) as events, sum(exports) as exports,
      sum(resources_created) as resources_created, sum(resources_shared) as resources_shared,
      sum(milestones) as milestones, sum(high_impact) as high_impact, sum(medium_impact) as medium_impact,
      sum(low_impact) as low_impact, sum(points) as points, sum(credibility) as credibility,
      max(current_arr_latest collate "C") as current_arr_latest, max(target_arr_latest collate "C") as target_arr_latest,
      max(growth_stage_latest collate "C") as growth_stage_latest
    from milepost.customer_days where customer_id = c.customer_id) as d
  cross join lateral (
    select count(*) as actions, max("timestamp") as last_action_at
    from public.customer_actions where customer_id = c.customer_id and deleted_at is null) as a
  where s.customer_id = c.customer_id;
  perform milepost.forget_customers(customers);
end $$;

CREATE FUNCTION milepost.repair(day_customers text[], days date[], session_customers text[], sessions text[]) RETURNS void
    LANGUAGE plpgsql
    AS $$
declare
  customers text[] := array(select distinct c from unnest(day_customers) as c);
begin
  perform milepost.lock_standing(customers);
  -- An event at the end of its retention was there: the history of its days stays as it is, erased ones leave it.
  perform milepost.mark_changed(day_customers, case when current_setting('milepost.expiring', true) = 'on'
    then array_fill('9999-12-31'::date, array[cardinality(days)]) else days end);
  delete from milepost.customer_days d using unnest(day_customers, days) as k(customer_id, day)
    where d.customer_id = k.customer_id and d.day = k.day;
  delete from milepost.competency_days d using unnest(day_customers, days) as k(customer_id, day)
    where d.customer_id = k.customer_id and d.day = k.day;
  delete from public.behavior_sessions b using unnest(session_customers, sessions) as k(customer_id, session_id)
    where b.customer_id = k.customer_id and b.session_id = k.session_id;
  perform milepost.fold_days(array(
    select c from (select distinct * from unnest(day_customers, days)) as k(customer_id, day)
    join public.behavior_events e on e.customer_id = k.customer_id
      and e."timestamp" >= k.day::timestamp at time zone 'UTC'
      and e."timestamp" < (k.day + 1)::timestamp at time zone 'UTC'
    cross join lateral milepost.contribution(e) as c));
  perform milepost.fold_sessions(array(
    select c from (select distinct * from unnest(session_customers, sessions)) as k(customer_id, session_id)
    join public.behavior_events e on e.session_id = k.session_id and e.customer_id = k.customer_id
    cross join lateral milepost.contribution(e) as c));
  perform milepost.refresh_standing(customers);
end $$;

CREATE FUNCTION milepost.rescore(customers text[]) RETURNS void
    LANGUAGE plpgsql
    AS $$
declare
  recounted text[];
begin
  perform milepost.lock_standing(customers);
  recounted := array(
    select s.customer_id from milepost.standing s
    where s.customer_id = any (customers) and exists (
      (select event_type, impact, points from milepost.plan_points where plan_version = milepost.current_plan()
        except select event_type, impact, points from milepost.plan_points where plan_version = s.plan_version)
      union all
      (select event_type, impact, points from milepost.plan_points where plan_version = s.plan_version
        except select event_type, impact, points from milepost.plan_points
        where plan_version = milepost.current_plan()))
    order by 1);
  update milepost.standing set plan_version = milepost.current_plan(), changed_from = '0001-01-01', unsettled = true,
    changes = changes + 1 where customer_id = any (customers);
  if cardinality(recounted) > 0 then
    perform milepost.recompute(recounted);
  end if;
end $$;

CREATE FUNCTION milepost.resolve(sent_customer text, sent_user text, anonymous text) RETURNS TABLE(customer_id text, user_id text, customer_source text)
    LANGUAGE sql STABLE
    AS $$
  select
    coalesce(sent_customer, m.customer_id, w.customer_id, u.id, anonymous),
    u.id,
    case when sent_customer is not null then 'sent'
      when m.customer_id is not null or w.customer_id is not null then 'user' else 'guess' end
  from (select coalesce(sent_user,
    (select a.user_id from milepost.aliases a where a.kind = 'anonymous' and a.alias_id = anonymous)) as id) as said
  cross join lateral (select milepost.final_user(said.id) as id) as u
  -- A merged user who belongs to no customer yet keeps the one from before the merge.
  left join lateral (
    select m.customer_id from milepost.memberships m
    where m.kind = 'user' and m.member_id in (u.id, said.id) order by m.member_id <> u.id limit 1) as m on true
  left join milepost.memberships w on w.kind = 'anonymous' and w.member_id = anonymous
$$;

CREATE FUNCTION milepost.small_number(value jsonb) RETURNS integer
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    AS $$
  select case when jsonb_typeof(value) = 'number' then least(greatest(round(value::numeric), 0), 1000)::integer else 0 end
$$;

CREATE FUNCTION milepost.store_events(batch json) RETURNS SETOF uuid
    LANGUAGE plpgsql
    AS $$
begin
  perform milepost.lock_identity(false);
  return query
  with sent as materialized (
    select * from json_to_recordset(batch) as x(event_id uuid, customer_id text, user_id text, anonymous_id text,
      session_id text, event_type text, tool_id text, tool_section text, business_impact text, competency_area text,
      current_arr text, target_arr text, growth_stage text, event_metadata jsonb, session_duration bigint,
      time_on_page bigint, page_url text, referrer text, device_type text, browser text, ip_address inet,
      "timestamp" timestamptz, retention_days integer, is_bot boolean)
  ),
  owned as materialized (
    -- Most events name their customer, and few users are merged: only the others are worth a look-up.
    select s.event_id, s.customer_id, s.user_id, 'sent' as customer_source from sent s
    where s.customer_id is not null
      and not exists (select from milepost.aliases a where a.kind = 'user' and a.alias_id = s.user_id)
      and (s.user_id is not null or s.anonymous_id is null or not exists (
        select from milepost.aliases a where a.kind = 'anonymous' and a.alias_id = s.anonymous_id))
    union all
    select s.event_id, r.customer_id, r.user_id, r.customer_source from sent s
    cross join lateral milepost.resolve(s.customer_id, s.user_id, s.anonymous_id) as r
    where s.customer_id is null
      or exists (select from milepost.aliases a where a.kind = 'user' and a.alias_id = s.user_id)
      or (s.user_id is null and s.anonymous_id is not null and exists (
        select from milepost.aliases a where a.kind = 'anonymous' and a.alias_id = s.anonymous_id))
  ),
  stored as (
    insert into public.behavior_events (event_id, customer_id, user_id, anonymous_id, session_id, event_type, tool_id,
      tool_section, business_impact, competency_area, current_arr, target_arr, growth_stage, event_metadata,
      session_duration, time_on_page, page_url, referrer, device_type, browser, ip_address, "timestamp",
      retention_days, is_bot, customer_source)
    select distinct on (s.event_id) s.event_id, o.customer_id, o.user_id, s.anonymous_id, s.session_id, s.event_type,
      s.tool_id, s.tool_section, s.business_impact, s.competency_area, s.current_arr, s.target_arr, s.growth_stage,
      coalesce(s.event_metadata, '{}'), s.session_duration, s.time_on_page, s.page_url, s.referrer, s.device_type,
      s.browser, s.ip_address, s."timestamp", s.retention_days, coalesce(s.is_bot, false), o.customer_source
    from sent s join owned o using (event_id)
    -- In the order of the primary key, so that two writers with the same events cannot lock each other out.
    order by s.event_id
    on conflict (event_id) do nothing
    returning behavior_events.event_id
  ),
  noted as (
    insert into milepost.sent_users (event_id, user_id)
    select s.event_id, s.user_id from stored t join sent s using (event_id) join owned o using (event_id)
    where s.user_id is distinct from o.user_id
    on conflict do nothing
  )
  select t.event_id from stored t;
end $$;

CREATE FUNCTION milepost.streak_on(customer text, as_of date) RETURNS TABLE(weeks bigint, longest bigint, state text, keep_by date)
    LANGUAGE sql STABLE
    AS $$
  select s.weeks, s.longest, s.state, s.keep_by from milepost.streaks_of(array[customer], as_of) as s
$$;

CREATE FUNCTION milepost.streak_weeks(customers text[], as_of date) RETURNS TABLE(customer_id text, monday date, first_day date, nth bigint)
    LANGUAGE sql STABLE
    AS $$
  with weeks as (
    select d.customer_id, milepost.monday(d.day) as monday, min(d.day) as first_day
    from milepost.customer_days d where d.customer_id = any (customers) and d.day <= as_of group by 1, 2
  ),
  gaps as (
    select w.*, coalesce(w.monday - lag(w.monday) over one > 14, true) as begins
    from weeks w window one as (partition by w.customer_id order by w.monday)
  ),
  runs as (
    select g.*, count(*) filter (where begins) over (partition by g.customer_id order by g.monday) as run from gaps g
  )
  select r.customer_id, r.monday, r.first_day,
    row_number() over (partition by r.customer_id, r.run order by r.monday)
  from runs r
$$;

CREATE FUNCTION milepost.streaks_of(customers text[], as_of date) RETURNS TABLE(customer_id text, weeks bigint, longest bigint, state text, keep_by date)
    LANGUAGE sql STABLE
    AS $$
  select c.customer_id, case when s.state = 'none' then 0 else w.nth end, coalesce(w.longest, 0), s.state,
    case s.state when 'grace' then milepost.monday(as_of) + 6 when 'due' then milepost.monday(as_of) + 13 end
  from (select distinct unnest(customers)) as c(customer_id)
  left join (
    select distinct on (k.customer_id) k.customer_id, k.monday, k.nth,
      max(k.nth) over (partition by k.customer_id) as longest
    from milepost.streak_weeks(customers, as_of) as k order by k.customer_id, k.monday desc) as w using (customer_id)
  cross join lateral (select case milepost.monday(as_of) - w.monday
    when 0 then 'active' when 7 then 'due' when 14 then 'grace' else 'none' end as state) as s
$$;

CREATE FUNCTION milepost.tie(call text, kind text, from_id text, to_id text) RETURNS uuid
    LANGUAGE plpgsql
    AS $$
declare
  before text;
  change uuid;
  concerned uuid[];
begin
  if from_id is null or to_id is null or (call <> 'group' and kind = 'user' and from_id = to_id) then
    return null;
  end if;
  -- A tie that stands already needs no lock; most calls are repeats.
  if call = 'group' then
    select m.customer_id into before from milepost.memberships m where m.kind = tie.kind and m.member_id = from_id;
  else
    select a.user_id into before from milepost.aliases a where a.kind = tie.kind and a.alias_id = from_id;
  end if;
  -- In a ring of merges a tie may stand and not be the one that decides: then it is made anew.
  if before is not distinct from to_id and (kind <> 'user' or call = 'group' or milepost.final_user(from_id) <> from_id)
  then
    return null;
  end if;
  perform milepost.lock_identity(true);
  -- Read again: somebody else may have tied it while we waited, and an undo must find what stood before this tie.
  if call = 'group' then
    select m.customer_id into before from milepost.memberships m where m.kind = tie.kind and m.member_id = from_id;
  else
    select a.user_id into before from milepost.aliases a where a.kind = tie.kind and a.alias_id = from_id;
  end if;
  if before is not distinct from to_id and (kind <> 'user' or call = 'group' or milepost.final_user(from_id) <> from_id)
  then
    return null;
  end if;
  if call = 'group' then
    insert into milepost.memberships as m (kind, member_id, customer_id) values (tie.kind, from_id, to_id)
      on conflict on constraint memberships_pkey do update set customer_id = excluded.customer_id;
  else
    insert into milepost.aliases as a (kind, alias_id, user_id) values (tie.kind, from_id, to_id)
      on conflict on constraint aliases_pkey do update set user_id = excluded.user_id;
  end if;
  insert into milepost.identity_changes as i (call, kind, from_id, to_id, before_id)
    values (tie.call, tie.kind, tie.from_id, tie.to_id, before) returning i.change_id into change;
  concerned := milepost.events_of(kind, from_id);
  perform milepost.move_events(array(
    select e.event_id from public.behavior_events e
    where e.event_id = any (concerned)
      -- A user who goes from one customer to another leaves behind what was done at the first.
      and (tie.call <> 'group' or e.customer_source = 'guess')));
  return change;
end $$;

CREATE FUNCTION milepost.undo_identity(change uuid) RETURNS bigint
    LANGUAGE plpgsql
    AS $$
declare
  c milepost.identity_changes;
  concerned uuid[];
begin
  perform milepost.lock_identity(true);
  select * into c from milepost.identity_changes i where i.change_id = change and i.undone_at is null for update;
  if c.change_id is null then
    return null;
  end if;
  -- While the tie still stands: afterwards a ring may no longer lead here.
  concerned := milepost.events_of(c.kind, c.from_id);
  if c.call = 'group' then
    delete from milepost.memberships m where m.kind = c.kind and m.member_id = c.from_id and m.customer_id = c.to_id;
    if c.before_id is not null then
      insert into milepost.memberships (kind, member_id, customer_id) values (c.kind, c.from_id, c.before_id)
        on conflict do nothing;
    end if;
  else
    delete from milepost.aliases a where a.kind = c.kind and a.alias_id = c.from_id and a.user_id = c.to_id;
    if c.before_id is not null then
      insert into milepost.aliases (kind, alias_id, user_id) values (c.kind, c.from_id, c.before_id)
        on conflict do nothing;
    end if;
  end if;
  update milepost.identity_changes i set undone_at = now() where i.change_id = change;
  return milepost.move_events(array(
    select e.event_id from public.behavior_events e
    where e.event_id = any (concerned)
      and (c.call <> 'group' or (e.customer_source = 'user' and e.customer_id = c.to_id))));
end $$;

CREATE FUNCTION milepost.uuid7_at(at timestamp with time zone) RETURNS uuid
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    AS $$
  select (lpad(to_hex((extract(epoch from at) * 1000)::bigint), 12, '0') || '70008000000000000000')::uuid
$$;

CREATE FUNCTION public.cleanup_expired_behavior_events(most integer DEFAULT NULL::integer, as_of timestamp with time zone DEFAULT now()) RETURNS integer
    LANGUAGE plpgsql
    AS $$
declare
  -- Each statement keeps what it deletes in memory, so that one for everything could need too much.
  at_once constant integer := 5000;
  gone integer := 0;
  wanted integer;
  deleted integer;
begin
  perform set_config('milepost.expiring', 'on', true);
  loop
    wanted := least(at_once, most - gone);
    exit when wanted <= 0;
    with expired as (
      select event_id from public.behavior_events
      where expires_on <= (as_of at time zone 'UTC')::date
        -- Days of 24 hours, whatever clock change the session's time zone has in between.
        and "timestamp" + make_interval(hours => 24 * retention_days) <= as_of
      limit wanted
      for update skip locked
    )
    delete from public.behavior_events e using expired where e.event_id = expired.event_id;
    get diagnostics deleted = row_count;
    gone := gone + deleted;
    exit when deleted < wanted;
  end loop;
  perform set_config('milepost.expiring', 'off', true);
  return gone;
end $$;

CREATE TABLE milepost.action_authors (
    action_id uuid NOT NULL,
    recorded_by text,
    changed_by text,
    changed_at timestamp with time zone
);

ALTER TABLE ONLY milepost.action_authors FORCE ROW LEVEL SECURITY;

COMMENT ON TABLE milepost.action_authors IS 'Who of the team recorded and changed an offline action by hand.';

CREATE TABLE milepost.aliases (
    kind text NOT NULL,
    alias_id text NOT NULL,
    user_id text NOT NULL,
    CONSTRAINT aliases_kind_check CHECK ((kind = ANY (ARRAY['anonymous'::text, 'user'::text])))
);

ALTER TABLE ONLY milepost.aliases FORCE ROW LEVEL SECURITY;

CREATE TABLE milepost.announcements (
    announcement_id bigint NOT NULL,
    at timestamp with time zone DEFAULT now() NOT NULL,
    kind text NOT NULL,
    customer_id text NOT NULL,
    body jsonb NOT NULL,
    CONSTRAINT announcements_kind_check CHECK ((kind = ANY (ARRAY['badge'::text, 'level'::text, 'recommendation'::text])))
);

ALTER TABLE ONLY milepost.announcements FORCE ROW LEVEL SECURITY;
ALTER TABLE milepost.announcements ALTER COLUMN announcement_id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME milepost.announcements_announcement_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE milepost.badge_awards (
    customer_id text NOT NULL,
    badge_id text NOT NULL,
    earned_on date NOT NULL,
    awarded_at timestamp with time zone NOT NULL
);

ALTER TABLE ONLY milepost.badge_awards FORCE ROW LEVEL SECURITY;

CREATE TABLE milepost.behavior_events_default (
    event_id uuid DEFAULT milepost.uuid7() CONSTRAINT behavior_events_event_id_not_null NOT NULL,
    customer_id text CONSTRAINT behavior_events_customer_id_not_null NOT NULL,
    user_id text,
    anonymous_id text,
    session_id text,
    event_type text CONSTRAINT behavior_events_event_type_not_null NOT NULL,
    tool_id text,
    tool_section text,
    business_impact text DEFAULT 'low'::text CONSTRAINT behavior_events_business_impact_not_null NOT NULL,
    competency_area text,
    current_arr text,
    target_arr text,
    growth_stage text,
    event_metadata jsonb DEFAULT '{}'::jsonb CONSTRAINT behavior_events_event_metadata_not_null NOT NULL,
    session_duration bigint,
    time_on_page bigint,
    page_url text,
    referrer text,
    device_type text,
    browser text,
    ip_address inet,
    "timestamp" timestamp with time zone DEFAULT now() CONSTRAINT behavior_events_timestamp_not_null NOT NULL,
    received_at timestamp with time zone DEFAULT now() CONSTRAINT behavior_events_received_at_not_null NOT NULL,
    retention_days integer DEFAULT 365 CONSTRAINT behavior_events_retention_days_not_null NOT NULL,
    expires_on date GENERATED ALWAYS AS (((("timestamp" AT TIME ZONE 'UTC'::text))::date + retention_days)) STORED CONSTRAINT behavior_events_expires_on_not_null NOT NULL,
    anonymized boolean DEFAULT false CONSTRAINT behavior_events_anonymized_not_null NOT NULL,
    deleted_at timestamp with time zone,
    customer_source text DEFAULT 'sent'::text CONSTRAINT behavior_events_customer_source_not_null NOT NULL,
    is_bot boolean DEFAULT false CONSTRAINT behavior_events_is_bot_not_null NOT NULL,
    CONSTRAINT behavior_events_anonymous_id_check CHECK (((length(anonymous_id) >= 1) AND (length(anonymous_id) <= 200))),
    CONSTRAINT behavior_events_browser_check CHECK (((length(browser) >= 1) AND (length(browser) <= 200))),
    CONSTRAINT behavior_events_business_impact_check CHECK ((business_impact = ANY (ARRAY['low'::text, 'medium'::text, 'high'::text]))),
    CONSTRAINT behavior_events_competency_area_check CHECK (((length(competency_area) >= 1) AND (length(competency_area) <= 200))),
    CONSTRAINT behavior_events_current_arr_check CHECK (((length(current_arr) >= 1) AND (length(current_arr) <= 200))),
    CONSTRAINT behavior_events_customer_id_check CHECK (((length(customer_id) >= 1) AND (length(customer_id) <= 200))),
    CONSTRAINT behavior_events_customer_source_check CHECK ((customer_source = ANY (ARRAY['sent'::text, 'user'::text, 'guess'::text]))),
    CONSTRAINT behavior_events_device_type_check CHECK ((device_type = ANY (ARRAY['desktop'::text, 'mobile'::text, 'tablet'::text, 'server'::text, 'other'::text]))),
    CONSTRAINT behavior_events_event_type_check CHECK ((event_type = ANY (ARRAY['tool_usage'::text, 'export_action'::text, 'competency_milestone'::text, 'scaling_metric'::text, 'professional_action'::text, 'navigation'::text, 'content_interaction'::text, 'resource_generation'::text, 'resource_share'::text, 'systematic_progression'::text]))),
    CONSTRAINT behavior_events_growth_stage_check CHECK ((growth_stage = ANY (ARRAY['early_scaling'::text, 'rapid_scaling'::text, 'mature_scaling'::text]))),
    CONSTRAINT behavior_events_retention_days_check CHECK (((retention_days >= 1) AND (retention_days <= 36500))),
    CONSTRAINT behavior_events_session_duration_check CHECK ((session_duration >= 0)),
    CONSTRAINT behavior_events_session_id_check CHECK (((length(session_id) >= 1) AND (length(session_id) <= 200))),
    CONSTRAINT behavior_events_target_arr_check CHECK (((length(target_arr) >= 1) AND (length(target_arr) <= 200))),
    CONSTRAINT behavior_events_time_on_page_check CHECK ((time_on_page >= 0)),
    CONSTRAINT behavior_events_timestamp_check CHECK ((("timestamp" >= '2000-01-01 00:00:00+00'::timestamp with time zone) AND ("timestamp" < '9000-01-01 00:00:00+00'::timestamp with time zone))),
    CONSTRAINT behavior_events_tool_id_check CHECK (((length(tool_id) >= 1) AND (length(tool_id) <= 200))),
    CONSTRAINT behavior_events_tool_section_check CHECK (((length(tool_section) >= 1) AND (length(tool_section) <= 200))),
    CONSTRAINT behavior_events_user_id_check CHECK (((length(user_id) >= 1) AND (length(user_id) <= 200)))
);

CREATE TABLE milepost.coach (
    only_one boolean DEFAULT true NOT NULL,
    hold_out_seed uuid DEFAULT gen_random_uuid() NOT NULL,
    webhook boolean DEFAULT false NOT NULL,
    learned_at timestamp with time zone,
    CONSTRAINT coach_only_one_check CHECK (only_one)
);

ALTER TABLE ONLY milepost.coach FORCE ROW LEVEL SECURITY;

CREATE TABLE milepost.coach_learned (
    band integer NOT NULL,
    competency text NOT NULL,
    step text NOT NULL,
    did bigint NOT NULL,
    did_moved_up bigint NOT NULL,
    did_not bigint NOT NULL,
    did_not_moved_up bigint NOT NULL,
    difference double precision NOT NULL,
    low double precision NOT NULL,
    high double precision NOT NULL,
    learned_at timestamp with time zone NOT NULL
);

ALTER TABLE ONLY milepost.coach_learned FORCE ROW LEVEL SECURITY;

CREATE TABLE milepost.coach_tallies (
    playbook text NOT NULL,
    held_out boolean NOT NULL,
    made bigint NOT NULL,
    shown bigint NOT NULL,
    accepted bigint NOT NULL,
    dismissed bigint NOT NULL,
    done bigint NOT NULL,
    open bigint NOT NULL,
    measured bigint NOT NULL,
    moved_up bigint NOT NULL,
    points_sum double precision NOT NULL,
    points_squares double precision NOT NULL,
    counted_at timestamp with time zone NOT NULL
);

ALTER TABLE ONLY milepost.coach_tallies FORCE ROW LEVEL SECURITY;

CREATE TABLE milepost.cohorts (
    cohort_id uuid DEFAULT milepost.uuid7() NOT NULL,
    name text NOT NULL,
    definition jsonb NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    created_by text,
    CONSTRAINT cohorts_name_check CHECK (((length(name) >= 1) AND (length(name) <= 200)))
);

ALTER TABLE ONLY milepost.cohorts FORCE ROW LEVEL SECURITY;

CREATE TABLE milepost.competency_days (
    customer_id text NOT NULL,
    competency text NOT NULL,
    day date NOT NULL,
    points bigint NOT NULL
)
WITH (fillfactor='85');

ALTER TABLE ONLY milepost.competency_days FORCE ROW LEVEL SECURITY;

CREATE TABLE milepost.customer_days (
    customer_id text NOT NULL,
    day date NOT NULL,
    first_event_at timestamp with time zone NOT NULL,
    last_event_at timestamp with time zone NOT NULL,
    last_session_at timestamp with time zone,
    events bigint NOT NULL,
    exports bigint NOT NULL,
    resources_created bigint NOT NULL,
    resources_shared bigint NOT NULL,
    milestones bigint NOT NULL,
    high_impact bigint NOT NULL,
    medium_impact bigint NOT NULL,
    low_impact bigint NOT NULL,
    points bigint NOT NULL,
    credibility bigint NOT NULL,
    tools text[] NOT NULL,
    current_arr_latest text,
    target_arr_latest text,
    growth_stage_latest text
)
WITH (fillfactor='85');

ALTER TABLE ONLY milepost.customer_days FORCE ROW LEVEL SECURITY;

CREATE TABLE milepost.customers (
    customer_id text NOT NULL,
    name text,
    traits jsonb DEFAULT '{}'::jsonb NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL
);

ALTER TABLE ONLY milepost.customers FORCE ROW LEVEL SECURITY;

CREATE TABLE milepost.dashboards (
    dashboard_id uuid DEFAULT milepost.uuid7() NOT NULL,
    name text NOT NULL,
    layout jsonb DEFAULT '[]'::jsonb NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    created_by text,
    CONSTRAINT dashboards_name_check CHECK (((length(name) >= 1) AND (length(name) <= 200)))
);

ALTER TABLE ONLY milepost.dashboards FORCE ROW LEVEL SECURITY;

CREATE TABLE milepost.event_changes (
    change_id bigint NOT NULL,
    xid xid8 DEFAULT pg_current_xact_id() NOT NULL,
    kind text NOT NULL,
    event_ids uuid[] DEFAULT '{}'::uuid[] NOT NULL,
    customers integer[] DEFAULT '{}'::integer[] NOT NULL,
    times timestamp with time zone[] DEFAULT '{}'::timestamp with time zone[] NOT NULL,
    at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    CONSTRAINT event_changes_kind_check CHECK ((kind = ANY (ARRAY['stored'::text, 'gone'::text, 'emptied'::text])))
);
ALTER TABLE ONLY milepost.event_changes ALTER COLUMN event_ids SET STORAGE EXTERNAL;
ALTER TABLE ONLY milepost.event_changes FORCE ROW LEVEL SECURITY;
ALTER TABLE milepost.event_changes ALTER COLUMN change_id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME milepost.event_changes_change_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE milepost.event_log (
    only_one boolean DEFAULT true NOT NULL,
    epoch uuid DEFAULT gen_random_uuid() NOT NULL,
    cleaned_xid xid8,
    CONSTRAINT event_log_only_one_check CHECK (only_one)
);

ALTER TABLE ONLY milepost.event_log FORCE ROW LEVEL SECURITY;

CREATE TABLE milepost.game_profiles (
    customer_id text NOT NULL,
    leaderboard text NOT NULL,
    display_name text,
    updated_at timestamp with time zone NOT NULL,
    CONSTRAINT game_profiles_check CHECK (((leaderboard <> 'named'::text) OR (display_name IS NOT NULL))),
    CONSTRAINT game_profiles_display_name_check CHECK (((length(display_name) >= 1) AND (length(display_name) <= 60))),
    CONSTRAINT game_profiles_leaderboard_check CHECK ((leaderboard = ANY (ARRAY['off'::text, 'anonymous'::text, 'named'::text])))
);

ALTER TABLE ONLY milepost.game_profiles FORCE ROW LEVEL SECURITY;

CREATE TABLE milepost.game_standing (
    customer_id text NOT NULL,
    day date NOT NULL,
    points bigint NOT NULL,
    points_28 bigint NOT NULL,
    levels jsonb NOT NULL,
    badges integer NOT NULL,
    streak_weeks integer NOT NULL,
    streak_longest integer NOT NULL,
    streak_state text NOT NULL,
    CONSTRAINT game_standing_streak_state_check CHECK ((streak_state = ANY (ARRAY['active'::text, 'due'::text, 'grace'::text, 'none'::text])))
);

ALTER TABLE ONLY milepost.game_standing FORCE ROW LEVEL SECURITY;

CREATE TABLE milepost.identity_changes (
    change_id uuid DEFAULT milepost.uuid7() NOT NULL,
    call text NOT NULL,
    kind text NOT NULL,
    from_id text NOT NULL,
    to_id text NOT NULL,
    before_id text,
    made_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    undone_at timestamp with time zone,
    CONSTRAINT identity_changes_call_check CHECK ((call = ANY (ARRAY['identify'::text, 'group'::text, 'alias'::text]))),
    CONSTRAINT identity_changes_kind_check CHECK ((kind = ANY (ARRAY['anonymous'::text, 'user'::text])))
);

ALTER TABLE ONLY milepost.identity_changes FORCE ROW LEVEL SECURITY;

CREATE TABLE milepost.insight_days (
    customer_id text NOT NULL,
    plan_version integer NOT NULL,
    day date NOT NULL,
    current_scaling_score double precision,
    score_coverage double precision,
    score_components jsonb,
    systematic_progression_rate double precision NOT NULL,
    professional_credibility_trend text,
    points_last_14_days bigint NOT NULL,
    points_14_days_before bigint NOT NULL,
    active_weeks integer NOT NULL,
    inconsistent_system_usage boolean,
    low_business_impact_actions boolean,
    low_impact_share double precision,
    competency_scores jsonb NOT NULL
);

ALTER TABLE ONLY milepost.insight_days FORCE ROW LEVEL SECURITY;

CREATE TABLE milepost.keys (
    key_id uuid DEFAULT milepost.uuid7() NOT NULL,
    kind text NOT NULL,
    name text NOT NULL,
    key_hash bytea NOT NULL,
    prefix text NOT NULL,
    public_key text,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    created_by text,
    last_used_at timestamp with time zone,
    revoked_at timestamp with time zone,
    CONSTRAINT keys_check CHECK (((kind = 'write'::text) = (public_key IS NOT NULL))),
    CONSTRAINT keys_kind_check CHECK ((kind = ANY (ARRAY['write'::text, 'secret'::text]))),
    CONSTRAINT keys_name_check CHECK (((length(name) >= 1) AND (length(name) <= 200)))
);

ALTER TABLE ONLY milepost.keys FORCE ROW LEVEL SECURITY;

CREATE TABLE milepost.members (
    member_id uuid DEFAULT milepost.uuid7() NOT NULL,
    email text NOT NULL,
    password_hash text NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    last_sign_in_at timestamp with time zone,
    CONSTRAINT members_email_check CHECK (((email = lower(email)) AND ((length(email) >= 3) AND (length(email) <= 320))))
);

ALTER TABLE ONLY milepost.members FORCE ROW LEVEL SECURITY;

CREATE TABLE milepost.memberships (
    kind text NOT NULL,
    member_id text NOT NULL,
    customer_id text NOT NULL,
    CONSTRAINT memberships_kind_check CHECK ((kind = ANY (ARRAY['anonymous'::text, 'user'::text])))
);

ALTER TABLE ONLY milepost.memberships FORCE ROW LEVEL SECURITY;

CREATE TABLE milepost.migrations (
    number integer NOT NULL,
    name text NOT NULL,
    checksum text NOT NULL,
    applied_at timestamp with time zone DEFAULT now() NOT NULL
);

CREATE TABLE milepost.numbers (
    number integer NOT NULL,
    kind text NOT NULL,
    id text NOT NULL,
    CONSTRAINT numbers_kind_check CHECK ((kind = ANY (ARRAY['customer'::text, 'user'::text, 'anonymous'::text])))
);

ALTER TABLE ONLY milepost.numbers FORCE ROW LEVEL SECURITY;
ALTER TABLE milepost.numbers ALTER COLUMN number ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME milepost.numbers_number_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE milepost.plan (
    only_one boolean DEFAULT true NOT NULL,
    hash text NOT NULL,
    document jsonb NOT NULL,
    applied_at timestamp with time zone DEFAULT now() NOT NULL,
    plan_version integer NOT NULL,
    CONSTRAINT plan_only_one_check CHECK (only_one)
);

ALTER TABLE ONLY milepost.plan FORCE ROW LEVEL SECURITY;

CREATE TABLE milepost.plan_points (
    event_type text NOT NULL,
    impact text NOT NULL,
    points integer NOT NULL,
    plan_version integer NOT NULL,
    CONSTRAINT plan_points_points_check CHECK ((points >= 0))
);

ALTER TABLE ONLY milepost.plan_points FORCE ROW LEVEL SECURITY;

CREATE TABLE milepost.plans (
    plan_version integer NOT NULL,
    score_version integer NOT NULL,
    hash text NOT NULL,
    document jsonb NOT NULL,
    applied_at timestamp with time zone DEFAULT now() NOT NULL,
    rules jsonb GENERATED ALWAYS AS (milepost.plan_rules(document)) STORED
);

ALTER TABLE ONLY milepost.plans FORCE ROW LEVEL SECURITY;
ALTER TABLE milepost.plans ALTER COLUMN plan_version ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME milepost.plans_plan_version_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE VIEW milepost.points_ledger WITH (security_invoker='true') AS
 SELECT e.event_id,
    e.customer_id,
    c.at,
    e.event_type,
    e.tool_id,
    c.competency,
    c.points,
    c.credibility
   FROM (public.behavior_events e
     CROSS JOIN LATERAL milepost.contribution(e.*) c(customer_id, session_id, event_id, user_id, at, day, tool_id, competency, points, credibility, exports, resources_created, resources_shared, milestones, high_impact, medium_impact, low_impact, told_at, current_arr, target_arr, growth_stage, device_type, browser, referrer))
  WHERE ((c.points > 0) OR (c.credibility > 0));

CREATE TABLE milepost.practice (
    customer_id text NOT NULL,
    day date NOT NULL,
    practice double precision NOT NULL,
    results double precision NOT NULL,
    practice_by jsonb NOT NULL,
    results_by jsonb NOT NULL
)
WITH (fillfactor='80');

ALTER TABLE ONLY milepost.practice FORCE ROW LEVEL SECURITY;

COMMENT ON TABLE milepost.practice IS 'Practice and results of each customer, settled: what the page of all customers reads.';

CREATE TABLE milepost.recommendation_marks (
    recommendation_id uuid NOT NULL,
    mark text NOT NULL,
    at timestamp with time zone NOT NULL,
    made_by text,
    CONSTRAINT recommendation_marks_mark_check CHECK ((mark = ANY (ARRAY['shown'::text, 'accepted'::text, 'dismissed'::text, 'done'::text])))
);

ALTER TABLE ONLY milepost.recommendation_marks FORCE ROW LEVEL SECURITY;

CREATE TABLE milepost.recommendations (
    recommendation_id uuid DEFAULT milepost.uuid7() NOT NULL,
    customer_id text NOT NULL,
    source text NOT NULL,
    playbook text NOT NULL,
    asks_for text NOT NULL,
    plan_version integer NOT NULL,
    rank double precision NOT NULL,
    title text NOT NULL,
    action text NOT NULL,
    tool_id text,
    competency text,
    url text,
    reason text NOT NULL,
    evidence jsonb DEFAULT '[]'::jsonb NOT NULL,
    held_out boolean NOT NULL,
    is_first boolean NOT NULL,
    done_type text,
    done_tool text,
    done_section text,
    made_at timestamp with time zone NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    shown_at timestamp with time zone,
    accepted_at timestamp with time zone,
    dismissed_at timestamp with time zone,
    done_at timestamp with time zone,
    done_by uuid,
    state text DEFAULT 'made'::text NOT NULL,
    closed_at timestamp with time zone,
    points_before bigint,
    points_after bigint,
    moved_up boolean,
    CONSTRAINT recommendations_source_check CHECK ((source = ANY (ARRAY['playbook'::text, 'learned'::text]))),
    CONSTRAINT recommendations_state_check CHECK ((state = ANY (ARRAY['made'::text, 'shown'::text, 'accepted'::text, 'dismissed'::text, 'done'::text, 'expired'::text])))
);

ALTER TABLE ONLY milepost.recommendations FORCE ROW LEVEL SECURITY;

COMMENT ON TABLE milepost.recommendations IS 'What the coach recommended, and what became of it.';

CREATE TABLE milepost.reports (
    report_id uuid DEFAULT milepost.uuid7() NOT NULL,
    name text NOT NULL,
    question jsonb NOT NULL,
    shown jsonb DEFAULT '{}'::jsonb NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    created_by text,
    CONSTRAINT reports_name_check CHECK (((length(name) >= 1) AND (length(name) <= 200)))
);

ALTER TABLE ONLY milepost.reports FORCE ROW LEVEL SECURITY;

CREATE TABLE milepost.sent_users (
    event_id uuid NOT NULL,
    user_id text
);

ALTER TABLE ONLY milepost.sent_users FORCE ROW LEVEL SECURITY;

CREATE TABLE milepost.sign_in_links (
    token_hash bytea NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    used_at timestamp with time zone
);

ALTER TABLE ONLY milepost.sign_in_links FORCE ROW LEVEL SECURITY;

CREATE TABLE milepost.snapshots (
    customer_id text NOT NULL,
    day date NOT NULL,
    due_on date NOT NULL,
    settled_at timestamp with time zone NOT NULL,
    plan_version integer NOT NULL,
    score_version integer NOT NULL,
    current_scaling_score double precision,
    score_coverage double precision,
    score_components jsonb,
    systematic_progression_rate double precision NOT NULL,
    professional_credibility_trend text,
    points_last_14_days bigint NOT NULL,
    points_14_days_before bigint NOT NULL,
    active_weeks integer NOT NULL,
    inconsistent_system_usage boolean,
    low_business_impact_actions boolean,
    low_impact_share double precision,
    competency_scores jsonb NOT NULL,
    weakest_competency text
);

ALTER TABLE ONLY milepost.snapshots FORCE ROW LEVEL SECURITY;

CREATE TABLE milepost.standing (
    customer_id text NOT NULL,
    first_event_at timestamp with time zone,
    last_event_at timestamp with time zone,
    last_session_at timestamp with time zone,
    total_events bigint DEFAULT 0 NOT NULL,
    total_sessions bigint DEFAULT 0 NOT NULL,
    total_tool_sessions bigint DEFAULT 0 NOT NULL,
    total_exports_generated bigint DEFAULT 0 NOT NULL,
    total_resources_created bigint DEFAULT 0 NOT NULL,
    total_resources_shared bigint DEFAULT 0 NOT NULL,
    total_milestones bigint DEFAULT 0 NOT NULL,
    high_impact_events bigint DEFAULT 0 NOT NULL,
    medium_impact_events bigint DEFAULT 0 NOT NULL,
    low_impact_events bigint DEFAULT 0 NOT NULL,
    total_points bigint DEFAULT 0 NOT NULL,
    professional_credibility bigint DEFAULT 0 NOT NULL,
    current_arr_latest text,
    target_arr_latest text,
    growth_stage_latest text,
    total_actions bigint DEFAULT 0 NOT NULL,
    last_action_at timestamp with time zone,
    pinned boolean DEFAULT false NOT NULL,
    plan_version integer DEFAULT milepost.current_plan() NOT NULL,
    unsettled boolean DEFAULT true NOT NULL,
    changes bigint DEFAULT 0 NOT NULL,
    changed_from date DEFAULT '0001-01-01'::date
)
WITH (fillfactor='70');

ALTER TABLE ONLY milepost.standing FORCE ROW LEVEL SECURITY;

CREATE TABLE milepost.users (
    user_id text NOT NULL,
    traits jsonb DEFAULT '{}'::jsonb NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL
);

ALTER TABLE ONLY milepost.users FORCE ROW LEVEL SECURITY;

CREATE TABLE milepost.validations (
    validation_id bigint NOT NULL,
    state text DEFAULT 'waiting'::text NOT NULL,
    every_days integer NOT NULL,
    after_days integer NOT NULL,
    most_customers integer NOT NULL,
    asked_at timestamp with time zone NOT NULL,
    asked_by text,
    told_at timestamp with time zone NOT NULL,
    done bigint DEFAULT 0 NOT NULL,
    total bigint DEFAULT 0 NOT NULL,
    finished_at timestamp with time zone,
    problem text,
    plan_version integer,
    score_version integer,
    report jsonb,
    CONSTRAINT validations_after_days_check CHECK (((after_days >= 1) AND (after_days <= 3650))),
    CONSTRAINT validations_every_days_check CHECK (((every_days >= 1) AND (every_days <= 3650))),
    CONSTRAINT validations_most_customers_check CHECK ((most_customers > 0)),
    CONSTRAINT validations_state_check CHECK ((state = ANY (ARRAY['waiting'::text, 'running'::text, 'done'::text, 'failed'::text, 'cancelled'::text])))
);

ALTER TABLE ONLY milepost.validations FORCE ROW LEVEL SECURITY;
ALTER TABLE milepost.validations ALTER COLUMN validation_id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME milepost.validations_validation_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE milepost.webhook_deliveries (
    delivery_id uuid DEFAULT milepost.uuid7() NOT NULL,
    recommendation_id uuid NOT NULL,
    body text NOT NULL,
    made_at timestamp with time zone NOT NULL,
    attempts integer DEFAULT 0 NOT NULL,
    next_try_at timestamp with time zone,
    delivered_at timestamp with time zone,
    gave_up_at timestamp with time zone,
    last_status integer,
    last_error text
);

ALTER TABLE ONLY milepost.webhook_deliveries FORCE ROW LEVEL SECURITY;

CREATE VIEW public.behavior_insights WITH (security_invoker='true') AS
 SELECT s.customer_id,
    i.current_scaling_score,
    i.score_coverage,
    i.systematic_progression_rate,
    i.professional_credibility_trend,
    ((i.competencies ->> 'customer_intelligence'::text))::double precision AS customer_intelligence_score,
    ((i.competencies ->> 'value_communication'::text))::double precision AS value_communication_score,
    ((i.competencies ->> 'sales_execution'::text))::double precision AS sales_execution_score,
    ((i.competencies ->> 'systematic_optimization'::text))::double precision AS systematic_optimization_score,
    i.competencies AS competency_scores,
    i.components AS score_components,
    s.total_events,
    s.total_sessions,
    s.total_tool_sessions,
    s.total_exports_generated,
    s.total_resources_created,
    s.total_resources_shared,
    s.total_milestones,
    s.high_impact_events,
    s.medium_impact_events,
    s.low_impact_events,
    s.total_points,
    s.professional_credibility,
    substr(s.current_arr_latest, 57) AS current_arr,
    substr(s.target_arr_latest, 57) AS target_arr,
    substr(s.growth_stage_latest, 57) AS growth_stage,
    s.first_event_at,
    s.last_event_at AS last_activity_timestamp,
    s.last_session_at AS last_session_timestamp,
        CASE
            WHEN (s.last_event_at IS NOT NULL) THEN (GREATEST((0)::numeric, floor((EXTRACT(epoch FROM (now() - s.last_event_at)) / (86400)::numeric))))::integer
            ELSE NULL::integer
        END AS days_since_last_activity,
    i.active_weeks,
    i.points_last_14_days,
    i.points_14_days_before,
    i.inconsistent_system_usage,
    i.low_business_impact_actions,
    i.low_impact_share,
    milepost.next_actions(s.customer_id) AS next_recommended_actions,
    s.total_actions,
    s.last_action_at
   FROM (milepost.standing s
     CROSS JOIN LATERAL milepost.insights_on(s.customer_id, ((now() AT TIME ZONE 'UTC'::text))::date) i(competencies, current_scaling_score, score_coverage, components, systematic_progression_rate, professional_credibility_trend, points_last_14_days, points_14_days_before, active_weeks, inconsistent_system_usage, low_business_impact_actions, low_impact_share));

CREATE TABLE public.behavior_sessions (
    customer_id text NOT NULL,
    session_id text NOT NULL,
    user_id text,
    started_at timestamp with time zone NOT NULL,
    ended_at timestamp with time zone NOT NULL,
    session_duration bigint GENERATED ALWAYS AS (((EXTRACT(epoch FROM (ended_at - started_at)) * (1000)::numeric))::bigint) STORED NOT NULL,
    events_count bigint DEFAULT 0 NOT NULL,
    tools_accessed text[] DEFAULT '{}'::text[] NOT NULL,
    primary_tool text,
    tool_counts jsonb DEFAULT '{}'::jsonb NOT NULL,
    exports_generated bigint DEFAULT 0 NOT NULL,
    competency_points_earned bigint DEFAULT 0 NOT NULL,
    device_type text,
    browser text,
    referrer_source text,
    landing_event_id uuid,
    user_event_id uuid
)
WITH (fillfactor='65');

ALTER TABLE ONLY public.behavior_sessions FORCE ROW LEVEL SECURITY;

COMMENT ON COLUMN public.behavior_sessions.session_duration IS 'From the first to the last event, in milliseconds.';

CREATE TABLE public.customer_actions (
    action_id uuid DEFAULT milepost.uuid7() NOT NULL,
    customer_id text NOT NULL,
    user_id text,
    action_type text NOT NULL,
    role text DEFAULT 'intervention'::text NOT NULL,
    description text,
    competency_area text,
    business_impact text DEFAULT 'medium'::text NOT NULL,
    value numeric,
    currency text,
    action_metadata jsonb DEFAULT '{}'::jsonb NOT NULL,
    source text,
    "timestamp" timestamp with time zone DEFAULT now() NOT NULL,
    received_at timestamp with time zone DEFAULT now() NOT NULL,
    deleted_at timestamp with time zone,
    CONSTRAINT customer_actions_action_type_check CHECK (((length(action_type) >= 1) AND (length(action_type) <= 200))),
    CONSTRAINT customer_actions_business_impact_check CHECK ((business_impact = ANY (ARRAY['low'::text, 'medium'::text, 'high'::text]))),
    CONSTRAINT customer_actions_competency_area_check CHECK (((length(competency_area) >= 1) AND (length(competency_area) <= 200))),
    CONSTRAINT customer_actions_currency_check CHECK ((length(currency) = 3)),
    CONSTRAINT customer_actions_customer_id_check CHECK (((length(customer_id) >= 1) AND (length(customer_id) <= 200))),
    CONSTRAINT customer_actions_role_check CHECK ((role = ANY (ARRAY['intervention'::text, 'outcome'::text]))),
    CONSTRAINT customer_actions_user_id_check CHECK (((length(user_id) >= 1) AND (length(user_id) <= 200)))
);

ALTER TABLE ONLY public.customer_actions FORCE ROW LEVEL SECURITY;

COMMENT ON TABLE public.customer_actions IS 'Offline activities of customers: calls, workshops, proposals, deals.';

ALTER TABLE ONLY public.behavior_events ATTACH PARTITION milepost.behavior_events_default DEFAULT;
ALTER TABLE ONLY milepost.action_authors
    ADD CONSTRAINT action_authors_pkey PRIMARY KEY (action_id);

ALTER TABLE ONLY milepost.aliases
    ADD CONSTRAINT aliases_pkey PRIMARY KEY (kind, alias_id);

ALTER TABLE ONLY milepost.announcements
    ADD CONSTRAINT announcements_pkey PRIMARY KEY (announcement_id);

ALTER TABLE ONLY milepost.badge_awards
    ADD CONSTRAINT badge_awards_pkey PRIMARY KEY (customer_id, badge_id);

ALTER TABLE ONLY public.behavior_events
    ADD CONSTRAINT behavior_events_pkey PRIMARY KEY (event_id);

ALTER TABLE ONLY milepost.behavior_events_default
    ADD CONSTRAINT behavior_events_default_pkey PRIMARY KEY (event_id);

ALTER TABLE ONLY milepost.coach_learned
    ADD CONSTRAINT coach_learned_pkey PRIMARY KEY (band, competency, step);

ALTER TABLE ONLY milepost.coach
    ADD CONSTRAINT coach_pkey PRIMARY KEY (only_one);

ALTER TABLE ONLY milepost.coach_tallies
    ADD CONSTRAINT coach_tallies_pkey PRIMARY KEY (playbook, held_out);

ALTER TABLE ONLY milepost.cohorts
    ADD CONSTRAINT cohorts_pkey PRIMARY KEY (cohort_id);

ALTER TABLE ONLY milepost.competency_days
    ADD CONSTRAINT competency_days_pkey PRIMARY KEY (customer_id, competency, day);

ALTER TABLE ONLY milepost.customer_days
    ADD CONSTRAINT customer_days_pkey PRIMARY KEY (customer_id, day);

ALTER TABLE ONLY milepost.customers
    ADD CONSTRAINT customers_pkey PRIMARY KEY (customer_id);

ALTER TABLE ONLY milepost.dashboards
    ADD CONSTRAINT dashboards_pkey PRIMARY KEY (dashboard_id);

ALTER TABLE ONLY milepost.event_changes
    ADD CONSTRAINT event_changes_pkey PRIMARY KEY (change_id);

ALTER TABLE ONLY milepost.event_log
    ADD CONSTRAINT event_log_pkey PRIMARY KEY (only_one);

ALTER TABLE ONLY milepost.game_profiles
    ADD CONSTRAINT game_profiles_pkey PRIMARY KEY (customer_id);

ALTER TABLE ONLY milepost.game_standing
    ADD CONSTRAINT game_standing_pkey PRIMARY KEY (customer_id);

ALTER TABLE ONLY milepost.identity_changes
    ADD CONSTRAINT identity_changes_pkey PRIMARY KEY (change_id);

ALTER TABLE ONLY milepost.insight_days
    ADD CONSTRAINT insight_days_pkey PRIMARY KEY (customer_id, plan_version, day);

ALTER TABLE ONLY milepost.keys
    ADD CONSTRAINT keys_key_hash_key UNIQUE (key_hash);

ALTER TABLE ONLY milepost.keys
    ADD CONSTRAINT keys_pkey PRIMARY KEY (key_id);

ALTER TABLE ONLY milepost.members
    ADD CONSTRAINT members_email_key UNIQUE (email);

ALTER TABLE ONLY milepost.members
    ADD CONSTRAINT members_pkey PRIMARY KEY (member_id);

ALTER TABLE ONLY milepost.memberships
    ADD CONSTRAINT memberships_pkey PRIMARY KEY (kind, member_id);

ALTER TABLE ONLY milepost.migrations
    ADD CONSTRAINT migrations_pkey PRIMARY KEY (number);

ALTER TABLE ONLY milepost.numbers
    ADD CONSTRAINT numbers_kind_id_key UNIQUE (kind, id);

ALTER TABLE ONLY milepost.numbers
    ADD CONSTRAINT numbers_pkey PRIMARY KEY (number);

ALTER TABLE ONLY milepost.plan
    ADD CONSTRAINT plan_pkey PRIMARY KEY (only_one);

ALTER TABLE ONLY milepost.plan_points
    ADD CONSTRAINT plan_points_pkey PRIMARY KEY (plan_version, event_type, impact);

ALTER TABLE ONLY milepost.plans
    ADD CONSTRAINT plans_hash_key UNIQUE (hash);

ALTER TABLE ONLY milepost.plans
    ADD CONSTRAINT plans_pkey PRIMARY KEY (plan_version);

ALTER TABLE ONLY milepost.practice
    ADD CONSTRAINT practice_pkey PRIMARY KEY (customer_id);

ALTER TABLE ONLY milepost.recommendation_marks
    ADD CONSTRAINT recommendation_marks_pkey PRIMARY KEY (recommendation_id, mark);

ALTER TABLE ONLY milepost.recommendations
    ADD CONSTRAINT recommendations_pkey PRIMARY KEY (recommendation_id);

ALTER TABLE ONLY milepost.reports
    ADD CONSTRAINT reports_pkey PRIMARY KEY (report_id);

ALTER TABLE ONLY milepost.sent_users
    ADD CONSTRAINT sent_users_pkey PRIMARY KEY (event_id);

ALTER TABLE ONLY milepost.sign_in_links
    ADD CONSTRAINT sign_in_links_pkey PRIMARY KEY (token_hash);

ALTER TABLE ONLY milepost.snapshots
    ADD CONSTRAINT snapshots_pkey PRIMARY KEY (customer_id);

ALTER TABLE ONLY milepost.standing
    ADD CONSTRAINT standing_pkey PRIMARY KEY (customer_id);

ALTER TABLE ONLY milepost.users
    ADD CONSTRAINT users_pkey PRIMARY KEY (user_id);

ALTER TABLE ONLY milepost.validations
    ADD CONSTRAINT validations_pkey PRIMARY KEY (validation_id);

ALTER TABLE ONLY milepost.webhook_deliveries
    ADD CONSTRAINT webhook_deliveries_pkey PRIMARY KEY (delivery_id);

ALTER TABLE ONLY public.behavior_sessions
    ADD CONSTRAINT behavior_sessions_pkey PRIMARY KEY (customer_id, session_id);

ALTER TABLE ONLY public.customer_actions
    ADD CONSTRAINT customer_actions_pkey PRIMARY KEY (action_id);

CREATE INDEX idx_behavior_events_anonymous_id ON ONLY public.behavior_events USING btree (anonymous_id) WHERE (anonymous_id IS NOT NULL);
CREATE INDEX behavior_events_default_anonymous_id_idx ON milepost.behavior_events_default USING btree (anonymous_id) WHERE (anonymous_id IS NOT NULL);
CREATE INDEX idx_behavior_events_business_impact ON ONLY public.behavior_events USING btree (business_impact);
CREATE INDEX behavior_events_default_business_impact_idx ON milepost.behavior_events_default USING btree (business_impact);
CREATE INDEX idx_behavior_events_customer_id ON ONLY public.behavior_events USING btree (customer_id);
CREATE INDEX behavior_events_default_customer_id_idx ON milepost.behavior_events_default USING btree (customer_id);
CREATE INDEX idx_behavior_events_recommendation ON ONLY public.behavior_events USING btree (customer_id) WHERE (event_metadata ? 'recommendation_id'::text);
CREATE INDEX behavior_events_default_customer_id_idx1 ON milepost.behavior_events_default USING btree (customer_id) WHERE (event_metadata ? 'recommendation_id'::text);
CREATE INDEX idx_behavior_events_customer_timestamp ON ONLY public.behavior_events USING btree (customer_id, "timestamp" DESC);
CREATE INDEX behavior_events_default_customer_id_timestamp_idx ON milepost.behavior_events_default USING btree (customer_id, "timestamp" DESC);
CREATE INDEX idx_behavior_events_event_type ON ONLY public.behavior_events USING btree (event_type);
CREATE INDEX behavior_events_default_event_type_idx ON milepost.behavior_events_default USING btree (event_type);
CREATE INDEX idx_behavior_events_expires_on ON ONLY public.behavior_events USING brin (expires_on) WITH (pages_per_range='32', autosummarize='on');
CREATE INDEX behavior_events_default_expires_on_idx ON milepost.behavior_events_default USING brin (expires_on) WITH (pages_per_range='32', autosummarize='on');
CREATE INDEX idx_behavior_events_session_id ON ONLY public.behavior_events USING btree (session_id);
CREATE INDEX behavior_events_default_session_id_idx ON milepost.behavior_events_default USING btree (session_id);
CREATE INDEX idx_behavior_events_timestamp ON ONLY public.behavior_events USING btree ("timestamp");
CREATE INDEX behavior_events_default_timestamp_idx ON milepost.behavior_events_default USING btree ("timestamp");
CREATE INDEX idx_behavior_events_tool_id ON ONLY public.behavior_events USING btree (tool_id);
CREATE INDEX behavior_events_default_tool_id_idx ON milepost.behavior_events_default USING btree (tool_id);
CREATE INDEX idx_behavior_events_user_id ON ONLY public.behavior_events USING btree (user_id) WHERE (user_id IS NOT NULL);
CREATE INDEX behavior_events_default_user_id_idx ON milepost.behavior_events_default USING btree (user_id) WHERE (user_id IS NOT NULL);
CREATE INDEX idx_aliases_user ON milepost.aliases USING btree (user_id);
CREATE INDEX idx_announcements_at ON milepost.announcements USING btree (at);
CREATE INDEX idx_announcements_customer ON milepost.announcements USING btree (customer_id, kind);
CREATE INDEX idx_badge_awards_badge ON milepost.badge_awards USING btree (badge_id, earned_on DESC, awarded_at DESC, customer_id);
CREATE INDEX idx_badge_awards_earned ON milepost.badge_awards USING btree (earned_on DESC, awarded_at DESC, customer_id, badge_id);
CREATE INDEX idx_behavior_insights_due ON milepost.snapshots USING btree (due_on, customer_id);
CREATE INDEX idx_behavior_insights_rate ON milepost.snapshots USING btree (systematic_progression_rate DESC, customer_id);
CREATE INDEX idx_behavior_insights_score ON milepost.snapshots USING btree (current_scaling_score DESC NULLS LAST, customer_id);
CREATE INDEX idx_customer_days_day ON milepost.customer_days USING btree (day);
CREATE INDEX idx_customers_name ON milepost.customers USING btree (lower(name) text_pattern_ops, customer_id);
CREATE INDEX idx_event_changes_xid ON milepost.event_changes USING btree (xid);
CREATE INDEX idx_game_profiles_shown ON milepost.game_profiles USING btree (customer_id) WHERE (leaderboard <> 'off'::text);
CREATE INDEX idx_game_standing_points ON milepost.game_standing USING btree (points_28 DESC, customer_id);
CREATE INDEX idx_game_standing_streak ON milepost.game_standing USING btree (streak_weeks DESC, customer_id) INCLUDE (streak_state) WHERE (streak_weeks > 0);
CREATE INDEX idx_identity_changes_from ON milepost.identity_changes USING btree (from_id, made_at);
CREATE INDEX idx_insight_days_day ON milepost.insight_days USING btree (day);
CREATE INDEX idx_recommendations_all ON milepost.recommendations USING btree (rank DESC, made_at DESC, recommendation_id DESC) WHERE (NOT held_out);
CREATE INDEX idx_recommendations_customer ON milepost.recommendations USING btree (customer_id, made_at DESC);
CREATE INDEX idx_recommendations_made ON milepost.recommendations USING brin (made_at) WITH (autosummarize='on');
CREATE INDEX idx_recommendations_open ON milepost.recommendations USING btree (rank DESC, made_at DESC, recommendation_id DESC) WHERE ((NOT held_out) AND (closed_at IS NULL));
CREATE INDEX idx_recommendations_open_playbook ON milepost.recommendations USING btree (playbook, rank DESC, made_at DESC, recommendation_id DESC) WHERE ((NOT held_out) AND (closed_at IS NULL));
CREATE INDEX idx_recommendations_playbook ON milepost.recommendations USING btree (playbook, rank DESC, made_at DESC, recommendation_id DESC) WHERE (NOT held_out);
CREATE INDEX idx_recommendations_playbook_state ON milepost.recommendations USING btree (playbook, state, rank DESC, made_at DESC, recommendation_id DESC) WHERE (NOT held_out);
CREATE INDEX idx_recommendations_state ON milepost.recommendations USING btree (state, rank DESC, made_at DESC, recommendation_id DESC) WHERE (NOT held_out);
CREATE INDEX idx_sent_users_user ON milepost.sent_users USING btree (user_id) WHERE (user_id IS NOT NULL);
CREATE INDEX idx_standing_unsettled ON milepost.standing USING btree (customer_id) WHERE unsettled;
CREATE INDEX idx_validations_finished ON milepost.validations USING btree (finished_at DESC) WHERE (state = 'done'::text);

CREATE UNIQUE INDEX idx_validations_under_way ON milepost.validations USING btree ((true)) WHERE (state = ANY (ARRAY['waiting'::text, 'running'::text]));

CREATE INDEX idx_webhook_deliveries_due ON milepost.webhook_deliveries USING btree (next_try_at) WHERE (next_try_at IS NOT NULL);
CREATE INDEX idx_webhook_deliveries_made ON milepost.webhook_deliveries USING btree (made_at);
CREATE INDEX idx_webhook_deliveries_recommendation ON milepost.webhook_deliveries USING btree (recommendation_id);
CREATE INDEX idx_behavior_sessions_customer_id ON public.behavior_sessions USING btree (customer_id, started_at DESC);
CREATE INDEX idx_behavior_sessions_session_id ON public.behavior_sessions USING btree (session_id);
CREATE INDEX idx_behavior_sessions_started_at ON public.behavior_sessions USING btree (started_at);
CREATE INDEX idx_customer_actions_customer_timestamp ON public.customer_actions USING btree (customer_id, "timestamp" DESC);

ALTER INDEX public.idx_behavior_events_anonymous_id ATTACH PARTITION milepost.behavior_events_default_anonymous_id_idx;

ALTER INDEX public.idx_behavior_events_business_impact ATTACH PARTITION milepost.behavior_events_default_business_impact_idx;

ALTER INDEX public.idx_behavior_events_customer_id ATTACH PARTITION milepost.behavior_events_default_customer_id_idx;

ALTER INDEX public.idx_behavior_events_recommendation ATTACH PARTITION milepost.behavior_events_default_customer_id_idx1;

ALTER INDEX public.idx_behavior_events_customer_timestamp ATTACH PARTITION milepost.behavior_events_default_customer_id_timestamp_idx;

ALTER INDEX public.idx_behavior_events_event_type ATTACH PARTITION milepost.behavior_events_default_event_type_idx;

ALTER INDEX public.idx_behavior_events_expires_on ATTACH PARTITION milepost.behavior_events_default_expires_on_idx;

ALTER INDEX public.behavior_events_pkey ATTACH PARTITION milepost.behavior_events_default_pkey;

ALTER INDEX public.idx_behavior_events_session_id ATTACH PARTITION milepost.behavior_events_default_session_id_idx;

ALTER INDEX public.idx_behavior_events_timestamp ATTACH PARTITION milepost.behavior_events_default_timestamp_idx;

ALTER INDEX public.idx_behavior_events_tool_id ATTACH PARTITION milepost.behavior_events_default_tool_id_idx;

ALTER INDEX public.idx_behavior_events_user_id ATTACH PARTITION milepost.behavior_events_default_user_id_idx;

CREATE TRIGGER behavior_events_delete AFTER DELETE ON public.behavior_events REFERENCING OLD TABLE AS old_events FOR EACH STATEMENT EXECUTE FUNCTION milepost.on_events_deleted();
CREATE TRIGGER behavior_events_insert AFTER INSERT ON public.behavior_events REFERENCING NEW TABLE AS new_events FOR EACH STATEMENT EXECUTE FUNCTION milepost.on_events_inserted();
CREATE TRIGGER behavior_events_truncate AFTER TRUNCATE ON public.behavior_events FOR EACH STATEMENT EXECUTE FUNCTION milepost.on_events_truncated();
CREATE TRIGGER behavior_events_update AFTER UPDATE ON public.behavior_events REFERENCING OLD TABLE AS old_events NEW TABLE AS new_events FOR EACH STATEMENT EXECUTE FUNCTION milepost.on_events_updated();
CREATE TRIGGER customer_actions_authors_delete AFTER DELETE ON public.customer_actions REFERENCING OLD TABLE AS old_actions FOR EACH STATEMENT EXECUTE FUNCTION milepost.on_authored_actions_gone();
CREATE TRIGGER customer_actions_authors_truncate AFTER TRUNCATE ON public.customer_actions FOR EACH STATEMENT EXECUTE FUNCTION milepost.on_authored_actions_gone();
CREATE TRIGGER customer_actions_delete AFTER DELETE ON public.customer_actions REFERENCING OLD TABLE AS old_actions FOR EACH STATEMENT EXECUTE FUNCTION milepost.on_actions_changed();
CREATE TRIGGER customer_actions_insert AFTER INSERT ON public.customer_actions REFERENCING NEW TABLE AS new_actions FOR EACH STATEMENT EXECUTE FUNCTION milepost.on_actions_changed();
CREATE TRIGGER customer_actions_truncate AFTER TRUNCATE ON public.customer_actions FOR EACH STATEMENT EXECUTE FUNCTION milepost.on_actions_changed();
CREATE TRIGGER customer_actions_update AFTER UPDATE ON public.customer_actions REFERENCING OLD TABLE AS old_actions NEW TABLE AS new_actions FOR EACH STATEMENT EXECUTE FUNCTION milepost.on_actions_changed();

ALTER TABLE ONLY milepost.announcements
    ADD CONSTRAINT announcements_customer_id_fkey FOREIGN KEY (customer_id) REFERENCES milepost.standing(customer_id) ON DELETE CASCADE;

ALTER TABLE ONLY milepost.badge_awards
    ADD CONSTRAINT badge_awards_customer_id_fkey FOREIGN KEY (customer_id) REFERENCES milepost.standing(customer_id) ON DELETE CASCADE;

ALTER TABLE ONLY milepost.game_profiles
    ADD CONSTRAINT game_profiles_customer_id_fkey FOREIGN KEY (customer_id) REFERENCES milepost.standing(customer_id) ON DELETE CASCADE;

ALTER TABLE ONLY milepost.game_standing
    ADD CONSTRAINT game_standing_customer_id_fkey FOREIGN KEY (customer_id) REFERENCES milepost.standing(customer_id) ON DELETE CASCADE;

ALTER TABLE ONLY milepost.insight_days
    ADD CONSTRAINT insight_days_customer_id_fkey FOREIGN KEY (customer_id) REFERENCES milepost.standing(customer_id) ON DELETE CASCADE;

ALTER TABLE ONLY milepost.practice
    ADD CONSTRAINT practice_customer_id_fkey FOREIGN KEY (customer_id) REFERENCES milepost.standing(customer_id) ON DELETE CASCADE;

ALTER TABLE ONLY milepost.recommendation_marks
    ADD CONSTRAINT recommendation_marks_recommendation_id_fkey FOREIGN KEY (recommendation_id) REFERENCES milepost.recommendations(recommendation_id) ON DELETE CASCADE;

ALTER TABLE ONLY milepost.recommendations
    ADD CONSTRAINT recommendations_customer_id_fkey FOREIGN KEY (customer_id) REFERENCES milepost.standing(customer_id) ON DELETE CASCADE;

ALTER TABLE ONLY milepost.snapshots
    ADD CONSTRAINT snapshots_customer_id_fkey FOREIGN KEY (customer_id) REFERENCES milepost.standing(customer_id) ON DELETE CASCADE;

ALTER TABLE ONLY milepost.webhook_deliveries
    ADD CONSTRAINT webhook_deliveries_recommendation_id_fkey FOREIGN KEY (recommendation_id) REFERENCES milepost.recommendations(recommendation_id) ON DELETE CASCADE;

ALTER TABLE milepost.action_authors ENABLE ROW LEVEL SECURITY;

CREATE POLICY action_authors_server ON milepost.action_authors USING (( SELECT milepost.is_server() AS is_server));

ALTER TABLE milepost.aliases ENABLE ROW LEVEL SECURITY;

CREATE POLICY aliases_server ON milepost.aliases USING (( SELECT milepost.is_server() AS is_server));

ALTER TABLE milepost.announcements ENABLE ROW LEVEL SECURITY;

CREATE POLICY announcements_server ON milepost.announcements USING (( SELECT milepost.is_server() AS is_server));

ALTER TABLE milepost.badge_awards ENABLE ROW LEVEL SECURITY;

CREATE POLICY badge_awards_own ON milepost.badge_awards FOR SELECT USING ((customer_id = ( SELECT milepost.current_customer() AS current_customer)));
CREATE POLICY badge_awards_server ON milepost.badge_awards USING (( SELECT milepost.is_server() AS is_server));

ALTER TABLE milepost.behavior_events_default ENABLE ROW LEVEL SECURITY;

CREATE POLICY behavior_insights_own ON milepost.standing FOR SELECT USING ((customer_id = ( SELECT milepost.current_customer() AS current_customer)));

ALTER TABLE milepost.coach ENABLE ROW LEVEL SECURITY;
ALTER TABLE milepost.coach_learned ENABLE ROW LEVEL SECURITY;

CREATE POLICY coach_learned_server ON milepost.coach_learned USING (( SELECT milepost.is_server() AS is_server));
CREATE POLICY coach_server ON milepost.coach USING (( SELECT milepost.is_server() AS is_server));

ALTER TABLE milepost.coach_tallies ENABLE ROW LEVEL SECURITY;

CREATE POLICY coach_tallies_server ON milepost.coach_tallies USING (( SELECT milepost.is_server() AS is_server));

ALTER TABLE milepost.cohorts ENABLE ROW LEVEL SECURITY;

CREATE POLICY cohorts_server ON milepost.cohorts USING (( SELECT milepost.is_server() AS is_server));

ALTER TABLE milepost.competency_days ENABLE ROW LEVEL SECURITY;

CREATE POLICY competency_days_own ON milepost.competency_days FOR SELECT USING ((customer_id = ( SELECT milepost.current_customer() AS current_customer)));
CREATE POLICY competency_days_server ON milepost.competency_days USING (( SELECT milepost.is_server() AS is_server)) WITH CHECK (( SELECT milepost.is_server() AS is_server));

ALTER TABLE milepost.customer_days ENABLE ROW LEVEL SECURITY;

CREATE POLICY customer_days_own ON milepost.customer_days FOR SELECT USING ((customer_id = ( SELECT milepost.current_customer() AS current_customer)));
CREATE POLICY customer_days_server ON milepost.customer_days USING (( SELECT milepost.is_server() AS is_server)) WITH CHECK (( SELECT milepost.is_server() AS is_server));

ALTER TABLE milepost.customers ENABLE ROW LEVEL SECURITY;

CREATE POLICY customers_own ON milepost.customers FOR SELECT USING ((customer_id = ( SELECT milepost.current_customer() AS current_customer)));
CREATE POLICY customers_server ON milepost.customers USING (( SELECT milepost.is_server() AS is_server));

ALTER TABLE milepost.dashboards ENABLE ROW LEVEL SECURITY;

CREATE POLICY dashboards_server ON milepost.dashboards USING (( SELECT milepost.is_server() AS is_server));

ALTER TABLE milepost.event_changes ENABLE ROW LEVEL SECURITY;

CREATE POLICY event_changes_server ON milepost.event_changes USING (( SELECT milepost.is_server() AS is_server));

ALTER TABLE milepost.event_log ENABLE ROW LEVEL SECURITY;

CREATE POLICY event_log_server ON milepost.event_log USING (( SELECT milepost.is_server() AS is_server));

ALTER TABLE milepost.game_profiles ENABLE ROW LEVEL SECURITY;

CREATE POLICY game_profiles_own ON milepost.game_profiles FOR SELECT USING ((customer_id = ( SELECT milepost.current_customer() AS current_customer)));
CREATE POLICY game_profiles_server ON milepost.game_profiles USING (( SELECT milepost.is_server() AS is_server));

ALTER TABLE milepost.game_standing ENABLE ROW LEVEL SECURITY;

CREATE POLICY game_standing_own ON milepost.game_standing FOR SELECT USING ((customer_id = ( SELECT milepost.current_customer() AS current_customer)));
CREATE POLICY game_standing_server ON milepost.game_standing USING (( SELECT milepost.is_server() AS is_server));

ALTER TABLE milepost.identity_changes ENABLE ROW LEVEL SECURITY;

CREATE POLICY identity_changes_server ON milepost.identity_changes USING (( SELECT milepost.is_server() AS is_server));

ALTER TABLE milepost.insight_days ENABLE ROW LEVEL SECURITY;

CREATE POLICY insight_days_own ON milepost.insight_days FOR SELECT USING ((customer_id = ( SELECT milepost.current_customer() AS current_customer)));
CREATE POLICY insight_days_server ON milepost.insight_days USING (( SELECT milepost.is_server() AS is_server));

ALTER TABLE milepost.keys ENABLE ROW LEVEL SECURITY;

CREATE POLICY keys_server ON milepost.keys USING (( SELECT milepost.is_server() AS is_server));

ALTER TABLE milepost.members ENABLE ROW LEVEL SECURITY;

CREATE POLICY members_server ON milepost.members USING (( SELECT milepost.is_server() AS is_server));

ALTER TABLE milepost.memberships ENABLE ROW LEVEL SECURITY;

CREATE POLICY memberships_server ON milepost.memberships USING (( SELECT milepost.is_server() AS is_server));

ALTER TABLE milepost.numbers ENABLE ROW LEVEL SECURITY;

CREATE POLICY numbers_server ON milepost.numbers USING (( SELECT milepost.is_server() AS is_server));

ALTER TABLE milepost.plan ENABLE ROW LEVEL SECURITY;
ALTER TABLE milepost.plan_points ENABLE ROW LEVEL SECURITY;

CREATE POLICY plan_points_read ON milepost.plan_points FOR SELECT USING (true);
CREATE POLICY plan_points_server ON milepost.plan_points USING (( SELECT milepost.is_server() AS is_server));
CREATE POLICY plan_read ON milepost.plan FOR SELECT USING (true);
CREATE POLICY plan_server ON milepost.plan USING (( SELECT milepost.is_server() AS is_server));

ALTER TABLE milepost.plans ENABLE ROW LEVEL SECURITY;

CREATE POLICY plans_read ON milepost.plans FOR SELECT USING (true);
CREATE POLICY plans_server ON milepost.plans USING (( SELECT milepost.is_server() AS is_server));

ALTER TABLE milepost.practice ENABLE ROW LEVEL SECURITY;

CREATE POLICY practice_server ON milepost.practice USING (( SELECT milepost.is_server() AS is_server));

ALTER TABLE milepost.recommendation_marks ENABLE ROW LEVEL SECURITY;

CREATE POLICY recommendation_marks_server ON milepost.recommendation_marks USING (( SELECT milepost.is_server() AS is_server));

ALTER TABLE milepost.recommendations ENABLE ROW LEVEL SECURITY;

CREATE POLICY recommendations_own ON milepost.recommendations FOR SELECT USING (((customer_id = ( SELECT milepost.current_customer() AS current_customer)) AND (NOT held_out)));
CREATE POLICY recommendations_server ON milepost.recommendations USING (( SELECT milepost.is_server() AS is_server));

ALTER TABLE milepost.reports ENABLE ROW LEVEL SECURITY;

CREATE POLICY reports_server ON milepost.reports USING (( SELECT milepost.is_server() AS is_server));

ALTER TABLE milepost.sent_users ENABLE ROW LEVEL SECURITY;

CREATE POLICY sent_users_server ON milepost.sent_users USING (( SELECT milepost.is_server() AS is_server));

ALTER TABLE milepost.sign_in_links ENABLE ROW LEVEL SECURITY;

CREATE POLICY sign_in_links_server ON milepost.sign_in_links USING (( SELECT milepost.is_server() AS is_server));

ALTER TABLE milepost.snapshots ENABLE ROW LEVEL SECURITY;

CREATE POLICY snapshots_own ON milepost.snapshots FOR SELECT USING ((customer_id = ( SELECT milepost.current_customer() AS current_customer)));
CREATE POLICY snapshots_server ON milepost.snapshots USING (( SELECT milepost.is_server() AS is_server));

ALTER TABLE milepost.standing ENABLE ROW LEVEL SECURITY;

CREATE POLICY standing_server ON milepost.standing USING (( SELECT milepost.is_server() AS is_server)) WITH CHECK (( SELECT milepost.is_server() AS is_server));

ALTER TABLE milepost.users ENABLE ROW LEVEL SECURITY;

CREATE POLICY users_server ON milepost.users USING (( SELECT milepost.is_server() AS is_server));

ALTER TABLE milepost.validations ENABLE ROW LEVEL SECURITY;

CREATE POLICY validations_server ON milepost.validations USING (( SELECT milepost.is_server() AS is_server));

ALTER TABLE milepost.webhook_deliveries ENABLE ROW LEVEL SECURITY;

CREATE POLICY webhook_deliveries_server ON milepost.webhook_deliveries USING (( SELECT milepost.is_server() AS is_server));

ALTER TABLE public.behavior_events ENABLE ROW LEVEL SECURITY;

CREATE POLICY behavior_events_own ON public.behavior_events FOR SELECT USING (((customer_id = ( SELECT milepost.current_customer() AS current_customer)) AND (deleted_at IS NULL)));
CREATE POLICY behavior_events_server ON public.behavior_events USING (( SELECT milepost.is_server() AS is_server)) WITH CHECK (( SELECT milepost.is_server() AS is_server));

ALTER TABLE public.behavior_sessions ENABLE ROW LEVEL SECURITY;

CREATE POLICY behavior_sessions_own ON public.behavior_sessions FOR SELECT USING ((customer_id = ( SELECT milepost.current_customer() AS current_customer)));
CREATE POLICY behavior_sessions_server ON public.behavior_sessions USING (( SELECT milepost.is_server() AS is_server)) WITH CHECK (( SELECT milepost.is_server() AS is_server));

ALTER TABLE public.customer_actions ENABLE ROW LEVEL SECURITY;

CREATE POLICY customer_actions_own ON public.customer_actions FOR SELECT USING (((customer_id = ( SELECT milepost.current_customer() AS current_customer)) AND (deleted_at IS NULL)));
CREATE POLICY customer_actions_server ON public.customer_actions USING (( SELECT milepost.is_server() AS is_server)) WITH CHECK (( SELECT milepost.is_server() AS is_server));

GRANT USAGE ON SCHEMA milepost TO milepost_reader;
GRANT USAGE ON SCHEMA public TO milepost_reader;

REVOKE ALL ON FUNCTION milepost.badge_rules() FROM PUBLIC;
GRANT ALL ON FUNCTION milepost.badge_rules() TO milepost_server;
GRANT ALL ON FUNCTION milepost.badge_rules() TO milepost_reader;

REVOKE ALL ON FUNCTION milepost.badges_of(customers text[], as_of date) FROM PUBLIC;
GRANT ALL ON FUNCTION milepost.badges_of(customers text[], as_of date) TO milepost_server;
GRANT ALL ON FUNCTION milepost.badges_of(customers text[], as_of date) TO milepost_reader;

REVOKE ALL ON FUNCTION milepost.clean_event_changes(before timestamp with time zone) FROM PUBLIC;
GRANT ALL ON FUNCTION milepost.clean_event_changes(before timestamp with time zone) TO milepost_server;

REVOKE ALL ON FUNCTION milepost.competency_climb(customers text[], as_of date) FROM PUBLIC;
GRANT ALL ON FUNCTION milepost.competency_climb(customers text[], as_of date) TO milepost_server;
GRANT ALL ON FUNCTION milepost.competency_climb(customers text[], as_of date) TO milepost_reader;

REVOKE ALL ON FUNCTION milepost.competency_scores(customer text, as_of date) FROM PUBLIC;
GRANT ALL ON FUNCTION milepost.competency_scores(customer text, as_of date) TO milepost_server;
GRANT ALL ON FUNCTION milepost.competency_scores(customer text, as_of date) TO milepost_reader;

REVOKE ALL ON FUNCTION milepost.uuid7() FROM PUBLIC;
GRANT ALL ON FUNCTION milepost.uuid7() TO milepost_server;
GRANT SELECT ON TABLE public.behavior_events TO milepost_reader;

REVOKE ALL ON FUNCTION milepost.contribution(e public.behavior_events) FROM PUBLIC;
GRANT ALL ON FUNCTION milepost.contribution(e public.behavior_events) TO milepost_server;
GRANT ALL ON FUNCTION milepost.contribution(e public.behavior_events) TO milepost_reader;

REVOKE ALL ON FUNCTION milepost.counts(e public.behavior_events) FROM PUBLIC;
GRANT ALL ON FUNCTION milepost.counts(e public.behavior_events) TO milepost_server;
GRANT ALL ON FUNCTION milepost.counts(e public.behavior_events) TO milepost_reader;

REVOKE ALL ON FUNCTION milepost.current_customer() FROM PUBLIC;
GRANT ALL ON FUNCTION milepost.current_customer() TO milepost_server;
GRANT ALL ON FUNCTION milepost.current_customer() TO milepost_reader;

REVOKE ALL ON FUNCTION milepost.current_plan() FROM PUBLIC;
GRANT ALL ON FUNCTION milepost.current_plan() TO milepost_server;
GRANT ALL ON FUNCTION milepost.current_plan() TO milepost_reader;

REVOKE ALL ON FUNCTION milepost.ensure_partitions(from_day date, to_day date) FROM PUBLIC;
GRANT ALL ON FUNCTION milepost.ensure_partitions(from_day date, to_day date) TO milepost_server;

REVOKE ALL ON FUNCTION milepost.events_of(kind text, id text) FROM PUBLIC;
GRANT ALL ON FUNCTION milepost.events_of(kind text, id text) TO milepost_server;

REVOKE ALL ON FUNCTION milepost.faded_outcomes(customer text, as_of date) FROM PUBLIC;
GRANT ALL ON FUNCTION milepost.faded_outcomes(customer text, as_of date) TO milepost_server;
GRANT ALL ON FUNCTION milepost.faded_outcomes(customer text, as_of date) TO milepost_reader;

REVOKE ALL ON FUNCTION milepost.final_user(start text) FROM PUBLIC;
GRANT ALL ON FUNCTION milepost.final_user(start text) TO milepost_server;

REVOKE ALL ON FUNCTION milepost.fold(batch milepost.told[]) FROM PUBLIC;
GRANT ALL ON FUNCTION milepost.fold(batch milepost.told[]) TO milepost_server;

REVOKE ALL ON FUNCTION milepost.fold_days(batch milepost.told[]) FROM PUBLIC;
GRANT ALL ON FUNCTION milepost.fold_days(batch milepost.told[]) TO milepost_server;

REVOKE ALL ON FUNCTION milepost.fold_sessions(batch milepost.told[]) FROM PUBLIC;
GRANT ALL ON FUNCTION milepost.fold_sessions(batch milepost.told[]) TO milepost_server;

REVOKE ALL ON FUNCTION milepost.forget_customers(customers text[]) FROM PUBLIC;
GRANT ALL ON FUNCTION milepost.forget_customers(customers text[]) TO milepost_server;

REVOKE ALL ON FUNCTION milepost.game_on(customer text, as_of date) FROM PUBLIC;
GRANT ALL ON FUNCTION milepost.game_on(customer text, as_of date) TO milepost_server;
GRANT ALL ON FUNCTION milepost.game_on(customer text, as_of date) TO milepost_reader;

REVOKE ALL ON FUNCTION milepost.grant_reading(reader name) FROM PUBLIC;
REVOKE ALL ON FUNCTION milepost.insights_days(customer text, days date[]) FROM PUBLIC;
GRANT ALL ON FUNCTION milepost.insights_days(customer text, days date[]) TO milepost_server;
GRANT ALL ON FUNCTION milepost.insights_days(customer text, days date[]) TO milepost_reader;

REVOKE ALL ON FUNCTION milepost.insights_on(customer text, as_of date) FROM PUBLIC;
GRANT ALL ON FUNCTION milepost.insights_on(customer text, as_of date) TO milepost_server;
GRANT ALL ON FUNCTION milepost.insights_on(customer text, as_of date) TO milepost_reader;

REVOKE ALL ON FUNCTION milepost.is_server() FROM PUBLIC;
GRANT ALL ON FUNCTION milepost.is_server() TO milepost_server;
GRANT ALL ON FUNCTION milepost.is_server() TO milepost_reader;

REVOKE ALL ON FUNCTION milepost.leaderboard(me text, most integer) FROM PUBLIC;
GRANT ALL ON FUNCTION milepost.leaderboard(me text, most integer) TO milepost_server;

REVOKE ALL ON FUNCTION milepost.level_steps() FROM PUBLIC;
GRANT ALL ON FUNCTION milepost.level_steps() TO milepost_server;
GRANT ALL ON FUNCTION milepost.level_steps() TO milepost_reader;

REVOKE ALL ON FUNCTION milepost.levels_of(customers text[], as_of date) FROM PUBLIC;
GRANT ALL ON FUNCTION milepost.levels_of(customers text[], as_of date) TO milepost_server;
GRANT ALL ON FUNCTION milepost.levels_of(customers text[], as_of date) TO milepost_reader;

REVOKE ALL ON FUNCTION milepost.levels_on(customer text, as_of date) FROM PUBLIC;
GRANT ALL ON FUNCTION milepost.levels_on(customer text, as_of date) TO milepost_server;
GRANT ALL ON FUNCTION milepost.levels_on(customer text, as_of date) TO milepost_reader;

REVOKE ALL ON FUNCTION milepost.lock_identity(changing boolean) FROM PUBLIC;
GRANT ALL ON FUNCTION milepost.lock_identity(changing boolean) TO milepost_server;

REVOKE ALL ON FUNCTION milepost.lock_standing(customers text[]) FROM PUBLIC;
GRANT ALL ON FUNCTION milepost.lock_standing(customers text[]) TO milepost_server;

REVOKE ALL ON FUNCTION milepost.mark_changed(customers text[], days date[]) FROM PUBLIC;
GRANT ALL ON FUNCTION milepost.mark_changed(customers text[], days date[]) TO milepost_server;

REVOKE ALL ON FUNCTION milepost.monday(day date) FROM PUBLIC;
GRANT ALL ON FUNCTION milepost.monday(day date) TO milepost_server;
GRANT ALL ON FUNCTION milepost.monday(day date) TO milepost_reader;

REVOKE ALL ON FUNCTION milepost.move_events(events uuid[]) FROM PUBLIC;
GRANT ALL ON FUNCTION milepost.move_events(events uuid[]) TO milepost_server;

REVOKE ALL ON FUNCTION milepost.next_actions(customer text) FROM PUBLIC;
GRANT ALL ON FUNCTION milepost.next_actions(customer text) TO milepost_server;
GRANT ALL ON FUNCTION milepost.next_actions(customer text) TO milepost_reader;

REVOKE ALL ON FUNCTION milepost.number_of(kind text, id text) FROM PUBLIC;
GRANT ALL ON FUNCTION milepost.number_of(kind text, id text) TO milepost_server;

REVOKE ALL ON FUNCTION milepost.on_actions_changed() FROM PUBLIC;
GRANT ALL ON FUNCTION milepost.on_actions_changed() TO milepost_server;

REVOKE ALL ON FUNCTION milepost.on_authored_actions_gone() FROM PUBLIC;
GRANT ALL ON FUNCTION milepost.on_authored_actions_gone() TO milepost_server;

REVOKE ALL ON FUNCTION milepost.on_events_deleted() FROM PUBLIC;
GRANT ALL ON FUNCTION milepost.on_events_deleted() TO milepost_server;

REVOKE ALL ON FUNCTION milepost.on_events_inserted() FROM PUBLIC;
GRANT ALL ON FUNCTION milepost.on_events_inserted() TO milepost_server;

REVOKE ALL ON FUNCTION milepost.on_events_truncated() FROM PUBLIC;
GRANT ALL ON FUNCTION milepost.on_events_truncated() TO milepost_server;

REVOKE ALL ON FUNCTION milepost.on_events_updated() FROM PUBLIC;
GRANT ALL ON FUNCTION milepost.on_events_updated() TO milepost_server;

REVOKE ALL ON FUNCTION milepost.plan_of(customer text) FROM PUBLIC;
GRANT ALL ON FUNCTION milepost.plan_of(customer text) TO milepost_server;
GRANT ALL ON FUNCTION milepost.plan_of(customer text) TO milepost_reader;

REVOKE ALL ON FUNCTION milepost.plan_rules(document jsonb) FROM PUBLIC;
GRANT ALL ON FUNCTION milepost.plan_rules(document jsonb) TO milepost_server;

REVOKE ALL ON FUNCTION milepost.practice_on(customer text, as_of date) FROM PUBLIC;
GRANT ALL ON FUNCTION milepost.practice_on(customer text, as_of date) TO milepost_server;
GRANT ALL ON FUNCTION milepost.practice_on(customer text, as_of date) TO milepost_reader;

REVOKE ALL ON FUNCTION milepost.readers() FROM PUBLIC;
GRANT ALL ON FUNCTION milepost.readers() TO milepost_server;

REVOKE ALL ON FUNCTION milepost.recompute(customers text[]) FROM PUBLIC;
GRANT ALL ON FUNCTION milepost.recompute(customers text[]) TO milepost_server;

REVOKE ALL ON FUNCTION milepost.referrer_source(referrer text) FROM PUBLIC;
GRANT ALL ON FUNCTION milepost.referrer_source(referrer text) TO milepost_server;

REVOKE ALL ON FUNCTION milepost.refresh_standing(customers text[]) FROM PUBLIC;
GRANT ALL ON FUNCTION milepost.refresh_standing(customers text[]) TO milepost_server;

REVOKE ALL ON FUNCTION milepost.repair(day_customers text[], days date[], session_customers text[], sessions text[]) FROM PUBLIC;
GRANT ALL ON FUNCTION milepost.repair(day_customers text[], days date[], session_customers text[], sessions text[]) TO milepost_server;

REVOKE ALL ON FUNCTION milepost.rescore(customers text[]) FROM PUBLIC;
GRANT ALL ON FUNCTION milepost.rescore(customers text[]) TO milepost_server;

REVOKE ALL ON FUNCTION milepost.resolve(sent_customer text, sent_user text, anonymous text) FROM PUBLIC;
GRANT ALL ON FUNCTION milepost.resolve(sent_customer text, sent_user text, anonymous text) TO milepost_server;

REVOKE ALL ON FUNCTION milepost.small_number(value jsonb) FROM PUBLIC;
GRANT ALL ON FUNCTION milepost.small_number(value jsonb) TO milepost_server;
GRANT ALL ON FUNCTION milepost.small_number(value jsonb) TO milepost_reader;

REVOKE ALL ON FUNCTION milepost.store_events(batch json) FROM PUBLIC;
GRANT ALL ON FUNCTION milepost.store_events(batch json) TO milepost_server;

REVOKE ALL ON FUNCTION milepost.streak_on(customer text, as_of date) FROM PUBLIC;
GRANT ALL ON FUNCTION milepost.streak_on(customer text, as_of date) TO milepost_server;
GRANT ALL ON FUNCTION milepost.streak_on(customer text, as_of date) TO milepost_reader;

REVOKE ALL ON FUNCTION milepost.streak_weeks(customers text[], as_of date) FROM PUBLIC;
GRANT ALL ON FUNCTION milepost.streak_weeks(customers text[], as_of date) TO milepost_server;
GRANT ALL ON FUNCTION milepost.streak_weeks(customers text[], as_of date) TO milepost_reader;

REVOKE ALL ON FUNCTION milepost.streaks_of(customers text[], as_of date) FROM PUBLIC;
GRANT ALL ON FUNCTION milepost.streaks_of(customers text[], as_of date) TO milepost_server;
GRANT ALL ON FUNCTION milepost.streaks_of(customers text[], as_of date) TO milepost_reader;

REVOKE ALL ON FUNCTION milepost.tie(call text, kind text, from_id text, to_id text) FROM PUBLIC;
GRANT ALL ON FUNCTION milepost.tie(call text, kind text, from_id text, to_id text) TO milepost_server;

REVOKE ALL ON FUNCTION milepost.undo_identity(change uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION milepost.undo_identity(change uuid) TO milepost_server;

REVOKE ALL ON FUNCTION milepost.uuid7_at(at timestamp with time zone) FROM PUBLIC;
GRANT ALL ON FUNCTION milepost.uuid7_at(at timestamp with time zone) TO milepost_server;

REVOKE ALL ON FUNCTION public.cleanup_expired_behavior_events(most integer, as_of timestamp with time zone) FROM PUBLIC;
GRANT ALL ON FUNCTION public.cleanup_expired_behavior_events(most integer, as_of timestamp with time zone) TO milepost_server;
GRANT SELECT ON TABLE milepost.badge_awards TO milepost_reader;
GRANT SELECT ON TABLE milepost.competency_days TO milepost_reader;
GRANT SELECT ON TABLE milepost.customer_days TO milepost_reader;
GRANT SELECT ON TABLE milepost.customers TO milepost_reader;
GRANT SELECT ON TABLE milepost.game_profiles TO milepost_reader;
GRANT SELECT ON TABLE milepost.game_standing TO milepost_reader;
GRANT SELECT ON TABLE milepost.insight_days TO milepost_reader;
GRANT SELECT ON TABLE milepost.plan TO milepost_reader;
GRANT SELECT ON TABLE milepost.plan_points TO milepost_reader;
GRANT SELECT ON TABLE milepost.plans TO milepost_reader;
GRANT SELECT ON TABLE milepost.points_ledger TO milepost_reader;
GRANT SELECT ON TABLE milepost.recommendations TO milepost_reader;
GRANT SELECT ON TABLE milepost.snapshots TO milepost_reader;
GRANT SELECT ON TABLE milepost.standing TO milepost_reader;
GRANT SELECT ON TABLE public.behavior_insights TO milepost_reader;
GRANT SELECT ON TABLE public.behavior_sessions TO milepost_reader;
GRANT SELECT ON TABLE public.customer_actions TO milepost_reader;
