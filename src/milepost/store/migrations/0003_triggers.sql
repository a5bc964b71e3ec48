-- What keeps the standing true when events come, change and go: triggers, rebuilding, retention.

-- -- Repair: after events change or go ----------------------------------------------------------------

-- Writes the totals anew from the days and sessions; a customer without any is gone. The rows must be locked.
create function milepost.refresh_standing(customers text[]) returns void
language plpgsql as $$
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

-- Builds the named days and sessions anew from the events: exact, and bounded by what they hold.
create function milepost.repair(day_customers text[], days date[], session_customers text[], sessions text[])
returns void language plpgsql as $$
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

-- -- Triggers: the mission's four ------------------------------------------------------------------

create function milepost.on_events_inserted() returns trigger
language plpgsql as $$
declare
  batch milepost.told[];
begin
  select array_agg(c) into batch from new_events e cross join lateral milepost.contribution(e) as c;
  if batch is not null then
    perform milepost.fold(batch);
  end if;
  return null;
end $$;

create function milepost.on_events_updated() returns trigger
language plpgsql as $$
declare
  touched record;
begin
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

create function milepost.on_events_deleted() returns trigger
language plpgsql as $$
declare
  touched record;
begin
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

create function milepost.on_events_truncated() returns trigger
language plpgsql as $$
begin
  delete from milepost.sent_users;
  -- Deleted, not truncated: they may stand in the same TRUNCATE, whose locks a second one would run into.
  delete from public.behavior_sessions;
  delete from milepost.customer_days;
  delete from milepost.competency_days;
  perform milepost.refresh_standing(array(select customer_id from milepost.standing order by 1 for update));
  return null;
end $$;

create trigger behavior_events_insert after insert on public.behavior_events
  referencing new table as new_events for each statement execute function milepost.on_events_inserted();
create trigger behavior_events_update after update on public.behavior_events
  referencing old table as old_events new table as new_events
  for each statement execute function milepost.on_events_updated();
create trigger behavior_events_delete after delete on public.behavior_events
  referencing old table as old_events for each statement execute function milepost.on_events_deleted();
create trigger behavior_events_truncate after truncate on public.behavior_events
  for each statement execute function milepost.on_events_truncated();

-- Offline actions are few: their customers' totals are counted anew.
create function milepost.on_actions_changed() returns trigger
language plpgsql as $$
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

create trigger customer_actions_insert after insert on public.customer_actions
  referencing new table as new_actions for each statement execute function milepost.on_actions_changed();
create trigger customer_actions_update after update on public.customer_actions
  referencing old table as old_actions new table as new_actions
  for each statement execute function milepost.on_actions_changed();
create trigger customer_actions_delete after delete on public.customer_actions
  referencing old table as old_actions for each statement execute function milepost.on_actions_changed();
create trigger customer_actions_truncate after truncate on public.customer_actions
  for each statement execute function milepost.on_actions_changed();

-- Builds everything about these customers anew from their events, day by day, so that memory stays bounded.
create function milepost.recompute(customers text[]) returns void
language plpgsql as $$
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

-- -- Retention ---------------------------------------------------------------------------------------

-- Deletes events past their own retention_days, all of them or at most `most`; answers how many went.
-- With `most` it is a short transaction: call it until it answers fewer. It passes by rows somebody else works on.
create function public.cleanup_expired_behavior_events(most integer default null, as_of timestamptz default now())
returns integer language plpgsql as $$
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
