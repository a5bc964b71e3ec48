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

CREATE FUNCTION milepost.competency_scores(customer text, as_of date) RETURNS TABLE(competency text, points bigint, faded double precision, score double precision, last_day date)
    LANGUAGE sql STABLE
    AS $$
  select c.id, coalesce(d.points, 0)::bigint, coalesce(d.faded, 0),
    100 * (1 - exp(-coalesce(d.faded, 0) / milepost.plan_number('{scoring,saturation_points}'))), d.last_day
  from milepost.plan p
  cross join lateral jsonb_array_elements(p.document -> 'competencies') with ordinality as x(item, place)
  cross join lateral (select x.item ->> 'id' as id) as c
  left join lateral (
    select sum(points) as points, max(day) as last_day,
      -- Ordered, so that the same days always add up to the same last bit.
      sum(points * 2 ^ (-(as_of - day) / milepost.plan_number('{scoring,half_life_days}')) order by day) as faded
    from milepost.competency_days
    where customer_id = customer and competency_days.competency = c.id and day <= as_of) as d on true
  order by x.place
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

CREATE FUNCTION milepost.fold_days(batch milepost.told[]) RETURNS void
    LANGUAGE plpgsql
    SET plan_cache_mode TO 'force_generic_plan'
    SET enable_seqscan TO 'off'
    AS $$
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

CREATE FUNCTION milepost.fold_sessions(batch milepost.told[]) RETURNS TABLE(customer_id text, new_sessions bigint, new_tool_sessions bigint)
    LANGUAGE plpgsql
    SET plan_cache_mode TO 'force_generic_plan'
    SET enable_seqscan TO 'off'
    AS $$
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

CREATE FUNCTION milepost.grant_reading(reader name) RETURNS void
    LANGUAGE plpgsql
    AS $$
begin
  execute format('grant usage on schema milepost, public to %I', reader);
  execute format('grant select on public.behavior_events, public.behavior_sessions, public.behavior_insights,'
    ' public.customer_actions, milepost.standing, milepost.customer_days, milepost.competency_days, milepost.customers,'
    ' milepost.plan to %I', reader);
  execute format('grant execute on function milepost.current_customer(), milepost.is_server(),'
    ' milepost.plan_number(text[]), milepost.competency_scores(text, date), milepost.insights_on(text, date)'
    ' to %I', reader);
end $$;

CREATE FUNCTION milepost.insights_on(customer text, as_of date) RETURNS TABLE(competencies jsonb, current_scaling_score double precision, score_coverage double precision, components jsonb, systematic_progression_rate double precision, professional_credibility_trend text, points_last_14_days bigint, points_14_days_before bigint, active_weeks integer, inconsistent_system_usage boolean, low_business_impact_actions boolean, low_impact_share double precision)
    LANGUAGE sql STABLE
    AS $$
  with windows as (
    select min(day) as first_day,
      coalesce(sum(points) filter (where day > as_of - 14), 0) as points_14,
      coalesce(sum(points) filter (where day > as_of - 28 and day <= as_of - 14), 0) as points_14_before,
      coalesce(sum(points) filter (where day > as_of - 28), 0) as points_28,
      coalesce(sum(points) filter (where day <= as_of - 28), 0) as points_84_before,
      count(distinct (as_of - day) / 7) filter (where day > as_of - 56)::integer as active_weeks,
      sum(low_impact) filter (where day > as_of - 28) as low_28,
      sum(events) filter (where day > as_of - 28) as events_28
    from milepost.customer_days
    where customer_id = customer and day > as_of - 112 and day <= as_of
  ),
  beginning as (
    -- age: days since the first event. weeks: how many of the last eight the customer was there for.
    select first_day, as_of - first_day as age, least(8, (as_of - first_day) / 7 + 1) as weeks
    from (select (first_event_at at time zone 'UTC')::date as first_day
      from milepost.standing where customer_id = customer) as s
  ),
  used as (
    select count(distinct tool) as tools
    from milepost.customer_days d cross join lateral unnest(d.tools) as tool
    where d.customer_id = customer and d.day > as_of - 30 and d.day <= as_of
      and tool in (select item ->> 'id' from milepost.plan, jsonb_array_elements(document -> 'tools') as item)
  ),
  skills as (
    select jsonb_object_agg(competency, score) as scores, avg(score) as average, sum(points) as points
    from milepost.competency_scores(customer, as_of)
  ),
  parts as (
    select name, weight, value from beginning, windows, used, skills,
    lateral (values
      ('competencies', milepost.plan_number('{scoring,components,competencies}'),
        case when skills.points > 0 then skills.average end),
      ('breadth', milepost.plan_number('{scoring,components,breadth}'),
        (select 100.0 * used.tools / nullif(jsonb_array_length(document -> 'tools'), 0) from milepost.plan)
          ::double precision),
      ('consistency', milepost.plan_number('{scoring,components,consistency}'),
        -- Of a customer's first two weeks nobody can say whether they come regularly.
        case when age >= 14 then 100.0 * windows.active_weeks / weeks end),
      ('momentum', milepost.plan_number('{scoring,components,momentum}'),
        -- Points a day of the last 28 against those of up to 84 days before, at least 14 of them: 50 is as before.
        case when age >= 41 and points_28 + points_84_before > 0
          then 100.0 * (points_28 / 28.0) / (points_28 / 28.0 + points_84_before / least(84.0, age - 27)) end)
    ) as v(name, weight, value)
    where age >= 0
  ),
  score as (
    select
      -- A score that rests on less than a third of its parts would say more than is known.
      case when sum(weight) filter (where value is not null) >= sum(weight) / 3
        then sum(weight * value) / nullif(sum(weight) filter (where value is not null), 0) end as score,
      coalesce(sum(weight) filter (where value is not null), 0) / nullif(sum(weight), 0) as coverage,
      jsonb_agg(jsonb_build_object('name', name, 'weight', weight, 'value', value,
        'contribution', weight * value / (select nullif(sum(weight) filter (where value is not null), 0) from parts)))
        as components
    from parts
  )
  select skills.scores, score.score, score.coverage, score.components,
    windows.points_28 / 4.0,
    case
      -- Of the 14 days before the last 14, a newer customer was there for a part only.
      when age >= 27 is not true then null
      when points_14 + points_14_before < milepost.plan_number('{scoring,trend_min_points}') then null
      when points_14 > points_14_before * (1 + milepost.plan_number('{scoring,dead_band}')) then 'improving'
      when points_14 < points_14_before * (1 - milepost.plan_number('{scoring,dead_band}')) then 'declining'
      else 'stable'
    end,
    points_14::bigint, points_14_before::bigint, windows.active_weeks,
    -- The plan's figure is for eight weeks; a customer of fewer is held to as large a share of theirs.
    case when age >= 28 then windows.active_weeks < milepost.plan_number('{risk,active_weeks}') * weeks / 8 end,
    case when events_28 >= 10 then low_28 / events_28 > milepost.plan_number('{risk,low_impact_share}') end,
    (low_28 / nullif(events_28, 0))::double precision
  from windows cross join skills cross join score left join beginning on true
$$;

CREATE FUNCTION milepost.is_server() RETURNS boolean
    LANGUAGE sql STABLE PARALLEL SAFE
    AS $$
  select pg_has_role(current_user, 'milepost_server', 'member')
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
begin
  if tg_op = 'TRUNCATE' then
    customers := array(select customer_id from milepost.standing where total_actions > 0);
  elsif tg_op = 'INSERT' then
    customers := array(select distinct customer_id from new_actions);
  elsif tg_op = 'DELETE' then
    customers := array(select distinct customer_id from old_actions);
  else
    customers := array(select customer_id from old_actions union select customer_id from new_actions);
  end if;
  if cardinality(customers) > 0 then
    perform milepost.lock_standing(customers);
    update milepost.standing as s set total_actions = a.actions, last_action_at = a.last_action_at
    from unnest(customers) as c(customer_id) cross join lateral (
      select count(*) as actions, max("timestamp") as last_action_at from public.customer_actions
      where customer_id = c.customer_id and deleted_at is null) as a
    where s.customer_id = c.customer_id;
    delete from milepost.standing
      where customer_id = any (customers) and total_events = 0 and total_actions = 0 and not pinned;
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
begin
  select array_agg(e.event_id) into ids from new_events e;
  if ids is null then
    return null;
  end if;
  insert into milepost.event_changes (kind, event_ids) values ('stored', ids);
  select array_agg(c) into batch from new_events e cross join lateral milepost.contribution(e) as c;
  if batch is not null then
    perform milepost.fold(batch);
  end if;
  return null;
end $$;

CREATE FUNCTION milepost.on_events_truncated() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
begin
  insert into milepost.event_changes (kind) values ('emptied');
  delete from milepost.sent_users;
  -- Deleted, not truncated: they may stand in the same TRUNCATE, whose locks a second one would run into.
  delete from public.behavior_sessions;
  delete from milepost.customer_days;
  delete from milepost.competency_days;
  perform milepost.refresh_standing(array(select customer_id from milepost.standing order by 1 for update));
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

CREATE FUNCTION milepost.plan_number(path text[]) RETURNS double precision
    LANGUAGE sql STABLE PARALLEL SAFE
    AS $$
  select (document #>> path)::double precision from milepost.plan
$$;

CREATE FUNCTION milepost.recompute(customers text[]) RETURNS void
    LANGUAGE plpgsql
    AS $$
declare
  one text;
  slice record;
begin
  perform milepost.lock_standing(customers);
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
  delete from milepost.standing
    where customer_id = any (customers) and total_events = 0 and total_actions = 0 and not pinned;
end $$;

CREATE FUNCTION milepost.repair(day_customers text[], days date[], session_customers text[], sessions text[]) RETURNS void
    LANGUAGE plpgsql
    AS $$
declare
  customers text[] := array(select distinct c from unnest(day_customers) as c);
begin
  perform milepost.lock_standing(customers);
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
  return gone;
end $$;

CREATE TABLE milepost.aliases (
    kind text NOT NULL,
    alias_id text NOT NULL,
    user_id text NOT NULL,
    CONSTRAINT aliases_kind_check CHECK ((kind = ANY (ARRAY['anonymous'::text, 'user'::text])))
);

ALTER TABLE ONLY milepost.aliases FORCE ROW LEVEL SECURITY;

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
);

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
);

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
    CONSTRAINT plan_only_one_check CHECK (only_one)
);

ALTER TABLE ONLY milepost.plan FORCE ROW LEVEL SECURITY;

CREATE TABLE milepost.plan_points (
    event_type text NOT NULL,
    impact text NOT NULL,
    points integer NOT NULL,
    CONSTRAINT plan_points_points_check CHECK ((points >= 0))
);

ALTER TABLE ONLY milepost.plan_points FORCE ROW LEVEL SECURITY;

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
    pinned boolean DEFAULT false NOT NULL
);

ALTER TABLE ONLY milepost.standing FORCE ROW LEVEL SECURITY;

CREATE TABLE milepost.users (
    user_id text NOT NULL,
    traits jsonb DEFAULT '{}'::jsonb NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL
);

ALTER TABLE ONLY milepost.users FORCE ROW LEVEL SECURITY;

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
    '[]'::jsonb AS next_recommended_actions,
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
);

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
ALTER TABLE ONLY milepost.aliases
    ADD CONSTRAINT aliases_pkey PRIMARY KEY (kind, alias_id);

ALTER TABLE ONLY public.behavior_events
    ADD CONSTRAINT behavior_events_pkey PRIMARY KEY (event_id);

ALTER TABLE ONLY milepost.behavior_events_default
    ADD CONSTRAINT behavior_events_default_pkey PRIMARY KEY (event_id);

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

ALTER TABLE ONLY milepost.identity_changes
    ADD CONSTRAINT identity_changes_pkey PRIMARY KEY (change_id);

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
    ADD CONSTRAINT plan_points_pkey PRIMARY KEY (event_type, impact);

ALTER TABLE ONLY milepost.reports
    ADD CONSTRAINT reports_pkey PRIMARY KEY (report_id);

ALTER TABLE ONLY milepost.sent_users
    ADD CONSTRAINT sent_users_pkey PRIMARY KEY (event_id);

ALTER TABLE ONLY milepost.sign_in_links
    ADD CONSTRAINT sign_in_links_pkey PRIMARY KEY (token_hash);

ALTER TABLE ONLY milepost.standing
    ADD CONSTRAINT standing_pkey PRIMARY KEY (customer_id);

ALTER TABLE ONLY milepost.users
    ADD CONSTRAINT users_pkey PRIMARY KEY (user_id);

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
CREATE INDEX idx_behavior_insights_last_event_at ON milepost.standing USING btree (last_event_at DESC NULLS LAST, customer_id);
CREATE INDEX idx_behavior_insights_total_events ON milepost.standing USING btree (total_events DESC, customer_id);
CREATE INDEX idx_behavior_insights_total_sessions ON milepost.standing USING btree (total_sessions DESC, customer_id);
CREATE INDEX idx_customer_days_day ON milepost.customer_days USING btree (day);
CREATE INDEX idx_customers_name ON milepost.customers USING btree (lower(name) text_pattern_ops, customer_id);
CREATE INDEX idx_event_changes_xid ON milepost.event_changes USING btree (xid);
CREATE INDEX idx_identity_changes_from ON milepost.identity_changes USING btree (from_id, made_at);
CREATE INDEX idx_sent_users_user ON milepost.sent_users USING btree (user_id) WHERE (user_id IS NOT NULL);
CREATE INDEX idx_behavior_sessions_customer_id ON public.behavior_sessions USING btree (customer_id, started_at DESC);
CREATE INDEX idx_behavior_sessions_session_id ON public.behavior_sessions USING btree (session_id);
CREATE INDEX idx_behavior_sessions_started_at ON public.behavior_sessions USING btree (started_at);
CREATE INDEX idx_customer_actions_customer_timestamp ON public.customer_actions USING btree (customer_id, "timestamp" DESC);

ALTER INDEX public.idx_behavior_events_anonymous_id ATTACH PARTITION milepost.behavior_events_default_anonymous_id_idx;

ALTER INDEX public.idx_behavior_events_business_impact ATTACH PARTITION milepost.behavior_events_default_business_impact_idx;

ALTER INDEX public.idx_behavior_events_customer_id ATTACH PARTITION milepost.behavior_events_default_customer_id_idx;

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
CREATE TRIGGER customer_actions_delete AFTER DELETE ON public.customer_actions REFERENCING OLD TABLE AS old_actions FOR EACH STATEMENT EXECUTE FUNCTION milepost.on_actions_changed();
CREATE TRIGGER customer_actions_insert AFTER INSERT ON public.customer_actions REFERENCING NEW TABLE AS new_actions FOR EACH STATEMENT EXECUTE FUNCTION milepost.on_actions_changed();
CREATE TRIGGER customer_actions_truncate AFTER TRUNCATE ON public.customer_actions FOR EACH STATEMENT EXECUTE FUNCTION milepost.on_actions_changed();
CREATE TRIGGER customer_actions_update AFTER UPDATE ON public.customer_actions REFERENCING OLD TABLE AS old_actions NEW TABLE AS new_actions FOR EACH STATEMENT EXECUTE FUNCTION milepost.on_actions_changed();

ALTER TABLE milepost.aliases ENABLE ROW LEVEL SECURITY;

CREATE POLICY aliases_server ON milepost.aliases USING (( SELECT milepost.is_server() AS is_server));

ALTER TABLE milepost.behavior_events_default ENABLE ROW LEVEL SECURITY;

CREATE POLICY behavior_insights_own ON milepost.standing FOR SELECT USING ((customer_id = ( SELECT milepost.current_customer() AS current_customer)));

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

ALTER TABLE milepost.identity_changes ENABLE ROW LEVEL SECURITY;

CREATE POLICY identity_changes_server ON milepost.identity_changes USING (( SELECT milepost.is_server() AS is_server));

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

CREATE POLICY plan_points_server ON milepost.plan_points USING (( SELECT milepost.is_server() AS is_server));
CREATE POLICY plan_read ON milepost.plan FOR SELECT USING (true);
CREATE POLICY plan_server ON milepost.plan USING (( SELECT milepost.is_server() AS is_server));

ALTER TABLE milepost.reports ENABLE ROW LEVEL SECURITY;

CREATE POLICY reports_server ON milepost.reports USING (( SELECT milepost.is_server() AS is_server));

ALTER TABLE milepost.sent_users ENABLE ROW LEVEL SECURITY;

CREATE POLICY sent_users_server ON milepost.sent_users USING (( SELECT milepost.is_server() AS is_server));

ALTER TABLE milepost.sign_in_links ENABLE ROW LEVEL SECURITY;

CREATE POLICY sign_in_links_server ON milepost.sign_in_links USING (( SELECT milepost.is_server() AS is_server));

ALTER TABLE milepost.standing ENABLE ROW LEVEL SECURITY;

CREATE POLICY standing_server ON milepost.standing USING (( SELECT milepost.is_server() AS is_server)) WITH CHECK (( SELECT milepost.is_server() AS is_server));

ALTER TABLE milepost.users ENABLE ROW LEVEL SECURITY;

CREATE POLICY users_server ON milepost.users USING (( SELECT milepost.is_server() AS is_server));

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

REVOKE ALL ON FUNCTION milepost.clean_event_changes(before timestamp with time zone) FROM PUBLIC;
GRANT ALL ON FUNCTION milepost.clean_event_changes(before timestamp with time zone) TO milepost_server;

REVOKE ALL ON FUNCTION milepost.competency_scores(customer text, as_of date) FROM PUBLIC;
GRANT ALL ON FUNCTION milepost.competency_scores(customer text, as_of date) TO milepost_server;
GRANT ALL ON FUNCTION milepost.competency_scores(customer text, as_of date) TO milepost_reader;

REVOKE ALL ON FUNCTION milepost.uuid7() FROM PUBLIC;
GRANT ALL ON FUNCTION milepost.uuid7() TO milepost_server;
GRANT SELECT ON TABLE public.behavior_events TO milepost_reader;

REVOKE ALL ON FUNCTION milepost.contribution(e public.behavior_events) FROM PUBLIC;
GRANT ALL ON FUNCTION milepost.contribution(e public.behavior_events) TO milepost_server;

REVOKE ALL ON FUNCTION milepost.counts(e public.behavior_events) FROM PUBLIC;
GRANT ALL ON FUNCTION milepost.counts(e public.behavior_events) TO milepost_server;

REVOKE ALL ON FUNCTION milepost.current_customer() FROM PUBLIC;
GRANT ALL ON FUNCTION milepost.current_customer() TO milepost_server;
GRANT ALL ON FUNCTION milepost.current_customer() TO milepost_reader;

REVOKE ALL ON FUNCTION milepost.ensure_partitions(from_day date, to_day date) FROM PUBLIC;
GRANT ALL ON FUNCTION milepost.ensure_partitions(from_day date, to_day date) TO milepost_server;

REVOKE ALL ON FUNCTION milepost.events_of(kind text, id text) FROM PUBLIC;
GRANT ALL ON FUNCTION milepost.events_of(kind text, id text) TO milepost_server;

REVOKE ALL ON FUNCTION milepost.final_user(start text) FROM PUBLIC;
GRANT ALL ON FUNCTION milepost.final_user(start text) TO milepost_server;

REVOKE ALL ON FUNCTION milepost.fold(batch milepost.told[]) FROM PUBLIC;
GRANT ALL ON FUNCTION milepost.fold(batch milepost.told[]) TO milepost_server;

REVOKE ALL ON FUNCTION milepost.fold_days(batch milepost.told[]) FROM PUBLIC;
GRANT ALL ON FUNCTION milepost.fold_days(batch milepost.told[]) TO milepost_server;

REVOKE ALL ON FUNCTION milepost.fold_sessions(batch milepost.told[]) FROM PUBLIC;
GRANT ALL ON FUNCTION milepost.fold_sessions(batch milepost.told[]) TO milepost_server;

REVOKE ALL ON FUNCTION milepost.grant_reading(reader name) FROM PUBLIC;
REVOKE ALL ON FUNCTION milepost.insights_on(customer text, as_of date) FROM PUBLIC;
GRANT ALL ON FUNCTION milepost.insights_on(customer text, as_of date) TO milepost_server;
GRANT ALL ON FUNCTION milepost.insights_on(customer text, as_of date) TO milepost_reader;

REVOKE ALL ON FUNCTION milepost.is_server() FROM PUBLIC;
GRANT ALL ON FUNCTION milepost.is_server() TO milepost_server;
GRANT ALL ON FUNCTION milepost.is_server() TO milepost_reader;

REVOKE ALL ON FUNCTION milepost.lock_identity(changing boolean) FROM PUBLIC;
GRANT ALL ON FUNCTION milepost.lock_identity(changing boolean) TO milepost_server;

REVOKE ALL ON FUNCTION milepost.lock_standing(customers text[]) FROM PUBLIC;
GRANT ALL ON FUNCTION milepost.lock_standing(customers text[]) TO milepost_server;

REVOKE ALL ON FUNCTION milepost.move_events(events uuid[]) FROM PUBLIC;
GRANT ALL ON FUNCTION milepost.move_events(events uuid[]) TO milepost_server;

REVOKE ALL ON FUNCTION milepost.number_of(kind text, id text) FROM PUBLIC;
GRANT ALL ON FUNCTION milepost.number_of(kind text, id text) TO milepost_server;

REVOKE ALL ON FUNCTION milepost.on_actions_changed() FROM PUBLIC;
GRANT ALL ON FUNCTION milepost.on_actions_changed() TO milepost_server;

REVOKE ALL ON FUNCTION milepost.on_events_deleted() FROM PUBLIC;
GRANT ALL ON FUNCTION milepost.on_events_deleted() TO milepost_server;

REVOKE ALL ON FUNCTION milepost.on_events_inserted() FROM PUBLIC;
GRANT ALL ON FUNCTION milepost.on_events_inserted() TO milepost_server;

REVOKE ALL ON FUNCTION milepost.on_events_truncated() FROM PUBLIC;
GRANT ALL ON FUNCTION milepost.on_events_truncated() TO milepost_server;

REVOKE ALL ON FUNCTION milepost.on_events_updated() FROM PUBLIC;
GRANT ALL ON FUNCTION milepost.on_events_updated() TO milepost_server;

REVOKE ALL ON FUNCTION milepost.plan_number(path text[]) FROM PUBLIC;
GRANT ALL ON FUNCTION milepost.plan_number(path text[]) TO milepost_server;
GRANT ALL ON FUNCTION milepost.plan_number(path text[]) TO milepost_reader;

REVOKE ALL ON FUNCTION milepost.recompute(customers text[]) FROM PUBLIC;
GRANT ALL ON FUNCTION milepost.recompute(customers text[]) TO milepost_server;

REVOKE ALL ON FUNCTION milepost.referrer_source(referrer text) FROM PUBLIC;
GRANT ALL ON FUNCTION milepost.referrer_source(referrer text) TO milepost_server;

REVOKE ALL ON FUNCTION milepost.refresh_standing(customers text[]) FROM PUBLIC;
GRANT ALL ON FUNCTION milepost.refresh_standing(customers text[]) TO milepost_server;

REVOKE ALL ON FUNCTION milepost.repair(day_customers text[], days date[], session_customers text[], sessions text[]) FROM PUBLIC;
GRANT ALL ON FUNCTION milepost.repair(day_customers text[], days date[], session_customers text[], sessions text[]) TO milepost_server;

REVOKE ALL ON FUNCTION milepost.resolve(sent_customer text, sent_user text, anonymous text) FROM PUBLIC;
GRANT ALL ON FUNCTION milepost.resolve(sent_customer text, sent_user text, anonymous text) TO milepost_server;

REVOKE ALL ON FUNCTION milepost.small_number(value jsonb) FROM PUBLIC;
GRANT ALL ON FUNCTION milepost.small_number(value jsonb) TO milepost_server;

REVOKE ALL ON FUNCTION milepost.store_events(batch json) FROM PUBLIC;
GRANT ALL ON FUNCTION milepost.store_events(batch json) TO milepost_server;

REVOKE ALL ON FUNCTION milepost.tie(call text, kind text, from_id text, to_id text) FROM PUBLIC;
GRANT ALL ON FUNCTION milepost.tie(call text, kind text, from_id text, to_id text) TO milepost_server;

REVOKE ALL ON FUNCTION milepost.undo_identity(change uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION milepost.undo_identity(change uuid) TO milepost_server;

REVOKE ALL ON FUNCTION milepost.uuid7_at(at timestamp with time zone) FROM PUBLIC;
GRANT ALL ON FUNCTION milepost.uuid7_at(at timestamp with time zone) TO milepost_server;

REVOKE ALL ON FUNCTION public.cleanup_expired_behavior_events(most integer, as_of timestamp with time zone) FROM PUBLIC;
GRANT ALL ON FUNCTION public.cleanup_expired_behavior_events(most integer, as_of timestamp with time zone) TO milepost_server;
GRANT SELECT ON TABLE milepost.competency_days TO milepost_reader;
GRANT SELECT ON TABLE milepost.customer_days TO milepost_reader;
GRANT SELECT ON TABLE milepost.customers TO milepost_reader;
GRANT SELECT ON TABLE milepost.plan TO milepost_reader;
GRANT SELECT ON TABLE milepost.standing TO milepost_reader;
GRANT SELECT ON TABLE public.behavior_insights TO milepost_reader;
GRANT SELECT ON TABLE public.behavior_sessions TO milepost_reader;
GRANT SELECT ON TABLE public.customer_actions TO milepost_reader;
