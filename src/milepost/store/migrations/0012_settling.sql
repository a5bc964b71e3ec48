-- Plan versions, the mark on a standing that something has changed, and what is settled soon after: snapshots for lists
-- and filters, a history of a row a day, announcements. Formulas: docs/scores.md; how settling works: decision 9.

-- -- Versions of the plan ----------------------------------------------------------------------------

-- Every plan whose points or scores differ from the one before. Old ones stay, for the history they made.
create table milepost.plans (
  plan_version integer primary key generated always as identity,
  score_version integer not null,
  hash text not null unique,
  document jsonb not null,
  applied_at timestamptz not null default now()
);
alter table milepost.plan add column plan_version integer;
alter table milepost.plan_points add column plan_version integer;
-- A plan from before versions: it keeps the formulas of its time, and every customer goes on to the next.
insert into milepost.plans (score_version, hash, document, applied_at)
  select 1, hash, document, applied_at from milepost.plan;
update milepost.plan set plan_version = (select max(plan_version) from milepost.plans);
update milepost.plan_points set plan_version = (select plan_version from milepost.plan);
alter table milepost.plan alter column plan_version set not null;
alter table milepost.plan_points drop constraint plan_points_pkey;
alter table milepost.plan_points alter column plan_version set not null;
alter table milepost.plan_points add primary key (plan_version, event_type, impact);

-- The version new customers begin with; 0 before there is a plan.
create function milepost.current_plan() returns integer
language sql stable parallel safe as $$
  select coalesce((select plan_version from milepost.plan), 0)
$$;

-- plan_version: whose points the customer's sums are of. unsettled: something changed that is not settled yet.
-- changes: how often, so that a change while settling is not lost. changed_from: the earliest UTC day concerned.
alter table milepost.standing
  add column plan_version integer not null default milepost.current_plan(),
  add column unsettled boolean not null default true,
  add column changes bigint not null default 0,
  add column changed_from date default '0001-01-01';
create index idx_standing_unsettled on milepost.standing (customer_id) where unsettled;

-- The version a customer's numbers are of.
create function milepost.plan_of(customer text) returns integer
language sql stable parallel safe as $$
  select coalesce((select plan_version from milepost.standing where customer_id = customer), milepost.current_plan())
$$;

-- -- What an event adds: by its customer's version; otherwise as in 0002 -----------------------------

create or replace function milepost.contribution(e public.behavior_events) returns setof milepost.told
language sql stable parallel safe as $$
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

-- Locks the customers' standing in one order, so that two writers cannot lock each other out. What is added to them is
-- worked out afterwards: a customer's plan version changes under this lock too.
create or replace function milepost.lock_standing(customers text[]) returns void
language plpgsql set plan_cache_mode = force_generic_plan set enable_seqscan = off as $$
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

-- Adds a batch of new events to everything: the one place where an event becomes standing. The rows must be locked.
create or replace function milepost.fold(batch milepost.told[]) returns void
language plpgsql set plan_cache_mode = force_generic_plan set enable_seqscan = off as $$
begin
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
    growth_stage_latest = greatest(s.growth_stage_latest collate "C", n.growth_stage_latest),
    unsettled = true, changes = s.changes + 1, changed_from = least(s.changed_from, n.first_day)
  from (
    select * from (
      select customer_id, min(at) as first_event_at, max(at) as last_event_at, min(day) as first_day,
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

create or replace function milepost.on_events_inserted() returns trigger
language plpgsql as $$
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

-- Marks customers as changed from a day on; their rows must be locked.
create function milepost.mark_changed(customers text[], days date[]) returns void
language sql as $$
  update milepost.standing s
    set unsettled = true, changes = s.changes + 1, changed_from = least(s.changed_from, c.day)
  from (select customer_id, min(day) as day from unnest(customers, days) as k(customer_id, day) group by 1) as c
  where s.customer_id = c.customer_id
$$;

create or replace function milepost.repair(day_customers text[], days date[], session_customers text[], sessions text[])
returns void language plpgsql as $$
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

create or replace function milepost.on_events_truncated() returns trigger
language plpgsql as $$
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

create or replace function milepost.recompute(customers text[]) returns void
language plpgsql as $$
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

-- Brings customers to the current plan: their points are counted anew where it gives others than theirs.
create function milepost.rescore(customers text[]) returns void
language plpgsql as $$
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

-- As in 0003, but that what it deletes counts as expired.
create or replace function public.cleanup_expired_behavior_events(
  most integer default null, as_of timestamptz default now())
returns integer language plpgsql as $$
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

-- -- What is settled ---------------------------------------------------------------------------------

-- A row a customer, UTC day and plan version: the insights as they were at the end of that day, as events tell it now.
create table milepost.insight_days (
  customer_id text not null references milepost.standing on delete cascade,
  plan_version integer not null,
  day date not null,
  current_scaling_score double precision,
  score_coverage double precision,
  score_components jsonb,
  systematic_progression_rate double precision not null,
  professional_credibility_trend text,
  points_last_14_days bigint not null,
  points_14_days_before bigint not null,
  active_weeks integer not null,
  inconsistent_system_usage boolean,
  low_business_impact_actions boolean,
  low_impact_share double precision,
  competency_scores jsonb not null,
  primary key (customer_id, plan_version, day)
);
create index idx_insight_days_day on milepost.insight_days (day);

-- The same for the last day it was settled: what lists sort and filter by. due_on: the day it has to be settled again.
create table milepost.snapshots (
  customer_id text primary key references milepost.standing on delete cascade,
  day date not null,
  due_on date not null,
  settled_at timestamptz not null,
  plan_version integer not null,
  score_version integer not null,
  current_scaling_score double precision,
  score_coverage double precision,
  score_components jsonb,
  systematic_progression_rate double precision not null,
  professional_credibility_trend text,
  points_last_14_days bigint not null,
  points_14_days_before bigint not null,
  active_weeks integer not null,
  inconsistent_system_usage boolean,
  low_business_impact_actions boolean,
  low_impact_share double precision,
  competency_scores jsonb not null,
  weakest_competency text
);
create index idx_snapshots_due on milepost.snapshots (due_on, customer_id);
create index idx_snapshots_score on milepost.snapshots (current_scaling_score desc nulls last, customer_id);
create index idx_snapshots_rate on milepost.snapshots (systematic_progression_rate desc, customer_id);

-- What is told on the live feed beside events: badges, levels, recommendations.
create table milepost.announcements (
  announcement_id bigint generated always as identity primary key,
  at timestamptz not null default now(),
  kind text not null check (kind in ('badge', 'level', 'recommendation')),
  customer_id text not null,
  body jsonb not null
);
create index idx_announcements_at on milepost.announcements (at);

-- The roles that read as a customer does: ours, and a Supabase or PostgREST host's.
create function milepost.readers() returns setof name
language sql stable as $$
  select rolname from pg_roles where rolname in ('milepost_reader', 'authenticated')
$$;

do $$
declare
  target text;
  reader name;
begin
  foreach target in array array['plans', 'insight_days', 'snapshots', 'announcements'] loop
    execute format('revoke all on milepost.%I from public', target);
    execute format('alter table milepost.%I enable row level security, force row level security', target);
    execute format('create policy %I on milepost.%I using ((select milepost.is_server()))', target || '_server', target);
  end loop;
  foreach target in array array['insight_days', 'snapshots'] loop
    execute format('create policy %I on milepost.%I for select using (customer_id = (select milepost.current_customer()))',
      target || '_own', target);
  end loop;
  create policy plans_read on milepost.plans for select using (true);
  for reader in select * from milepost.readers() loop
    execute format('grant select on milepost.plans, milepost.insight_days, milepost.snapshots to %I', reader);
  end loop;
end $$;

revoke all on function milepost.current_plan(), milepost.plan_of(text), milepost.mark_changed(text[], date[]),
  milepost.rescore(text[]), milepost.readers() from public;
grant execute on function milepost.current_plan(), milepost.plan_of(text), milepost.mark_changed(text[], date[]),
  milepost.rescore(text[]), milepost.readers() to milepost_server;
