-- Settling: what is kept of insights beside the sums, for lists, filters and the history. Loaded by name (settle.py).

-- name: alone
-- One settles at a time, over all servers; false while another does. Held until the transaction ends.
select pg_try_advisory_xact_lock(hashtext('milepost.settle'));

-- name: unsettled
-- Customers after one, in order, of whom something changed and who have rested since they were settled.
select s.customer_id from milepost.standing s left join milepost.snapshots n using (customer_id)
where s.unsettled and s.customer_id > %(after)s
  and (n.settled_at is null or n.settled_at <= %(rested)s or n.settled_at > %(now)s)
order by s.customer_id limit %(most)s;

-- name: due
-- Customers whose day has turned, or whose plan has, since they were settled; and those whom a clock that was ahead has
-- settled for a day to come.
select customer_id from milepost.snapshots where due_on <= %(today)s or due_on > %(today)s + 1
order by due_on, customer_id limit %(most)s;

-- name: following
-- Customers of whom what costs more has yet to follow, and may; during an import nobody's does.
select customer_id from milepost.snapshots
where not milepost.is_importing() and slow_at < settled_at and (slow_at <= %(slow_rested)s or slow_at > %(now)s)
order by slow_at limit %(most)s;

-- name: behind
-- Those whose numbers are of an older plan.
select customer_id from milepost.standing
where customer_id = any (%(customers)s) and plan_version <> (select milepost.current_plan()) order by 1;

-- name: history_waiting
-- Those of whose history something waits to be written by the version they have.
update milepost.snapshots n set history_from = least(n.history_from, s.changed_from) from milepost.standing s
where n.customer_id = any (%(customers)s) and s.customer_id = n.customer_id and s.plan_version = n.plan_version
  and least(n.history_from, s.changed_from) < n.day
returning n.customer_id;

-- name: rescore
-- Brings them to the current plan.
select milepost.rescore(%s);

-- name: number
-- Numbers for those who are new, in the order in which everybody gives them.
insert into milepost.numbers (kind, id)
select 'customer', c.customer_id from unnest(%(customers)s::text[]) as c(customer_id)
where not exists (select from milepost.snapshots n where n.customer_id = c.customer_id) order by 2
on conflict do nothing;

-- name: taken
-- Those that are still there, how often each has changed, and from which day on. What is written of them refers to
-- these rows: they are taken first and in order, as who deletes customers does.
select customer_id, changes, changed_from from milepost.standing
where customer_id = any (%(customers)s) order by 1 for key share;

-- name: plan
-- The plan all of this is by.
select document, plan_version from milepost.plan;

-- name: keep_days
-- The day that was today when they were last settled is remembered as the snapshot has it, unless it changed since;
-- so is the last one of a plan version that they leave.
insert into milepost.insight_days
select r.* from unnest(%(customers)s::text[], %(changed)s::date[]) as c(customer_id, changed)
join milepost.snapshots n using (customer_id)
cross join lateral milepost.narrow_day(n.number, n.plan_version, n.day, n.current_scaling_score, n.score_components,
  n.systematic_progression_rate, n.professional_credibility_trend, n.inconsistent_system_usage,
  n.low_business_impact_actions, n.weakest_competency) as r
where n.score_components is not null and (n.plan_version <> %(plan_version)s
  or n.day < %(today)s and coalesce(least(n.history_from, c.changed) > n.day, true))
on conflict do nothing;

-- name: write_snapshots
-- Insights, practice and results as of today, and from which day on the history is no longer what it should be. Answers
-- for whom it is time to write that, and to do what costs more: day or plan has turned, or they have rested.
insert into milepost.snapshots as n (customer_id, number, day, due_on, settled_at, plan_version, score_version,
  current_scaling_score, score_coverage, score_components, systematic_progression_rate,
  professional_credibility_trend, points_last_14_days, points_14_days_before, active_weeks,
  inconsistent_system_usage, low_business_impact_actions, low_impact_share, competency_scores, weakest_competency,
  practice, results, results_by, active_days, usual_days, missed_days,
  history_from, history_at, slow_at)
select c.customer_id, m.number, i.as_of, i.as_of + 1, %(now)s, %(plan_version)s, %(score_version)s,
  i.current_scaling_score, i.score_coverage, i.components, i.systematic_progression_rate,
  i.professional_credibility_trend, i.points_last_14_days, i.points_14_days_before, i.active_weeks,
  i.inconsistent_system_usage, i.low_business_impact_actions, i.low_impact_share, coalesce(i.competencies, '{}'),
  milepost.weakest(i.competencies), coalesce((i.components #>> '{0,value}')::double precision, 0),
  coalesce(o.results, 0), coalesce(o.results_by, '{}'), p.active_days, p.usual_days, p.missed_days,
  case when f.day < %(today)s then f.day end,
  case when b.day = %(today)s and b.plan_version = %(plan_version)s then b.history_at end,
  case when b.day = %(today)s and b.plan_version = %(plan_version)s and b.due_on > %(today)s then b.slow_at end
from unnest(%(customers)s::text[], %(changed)s::date[]) as c(customer_id, changed)
join milepost.standing s on s.customer_id = c.customer_id
join milepost.numbers m on m.kind = 'customer' and m.id = c.customer_id
left join milepost.snapshots b on b.customer_id = c.customer_id
-- A new plan, and a clock that was ahead, have everything written anew.
cross join lateral (select case when b.day <= %(today)s and b.plan_version = %(plan_version)s
  then least(b.history_from, c.changed, b.day + 1) else '0001-01-01' end as day) as f
cross join lateral milepost.insights_days(c.customer_id, array[%(today)s::date]) as i
cross join lateral milepost.own_past(c.customer_id, %(today)s::date) as p
cross join lateral (
  select max(results) filter (where is_whole) as results,
    jsonb_object_agg(competency, results) filter (where not is_whole and i.competencies ? competency) as results_by
  from milepost.results_on(c.customer_id, %(today)s) where s.total_actions > 0) as o
order by c.customer_id
on conflict (customer_id) do update set
  day = excluded.day, due_on = excluded.due_on, settled_at = excluded.settled_at, plan_version = excluded.plan_version,
  score_version = excluded.score_version, current_scaling_score = excluded.current_scaling_score,
  score_coverage = excluded.score_coverage, score_components = excluded.score_components,
  systematic_progression_rate = excluded.systematic_progression_rate,
  professional_credibility_trend = excluded.professional_credibility_trend,
  points_last_14_days = excluded.points_last_14_days, points_14_days_before = excluded.points_14_days_before,
  active_weeks = excluded.active_weeks, inconsistent_system_usage = excluded.inconsistent_system_usage,
  low_business_impact_actions = excluded.low_business_impact_actions, low_impact_share = excluded.low_impact_share,
  competency_scores = excluded.competency_scores, weakest_competency = excluded.weakest_competency,
  practice = excluded.practice, results = excluded.results, results_by = excluded.results_by,
  active_days = excluded.active_days, usual_days = excluded.usual_days, missed_days = excluded.missed_days,
  history_from = excluded.history_from, history_at = excluded.history_at, slow_at = excluded.slow_at
returning customer_id,
  history_from is not null and (history_at is null or history_at <= %(history_rested)s or history_at > %(now)s),
  slow_at is null or slow_at <= %(slow_rested)s or slow_at > %(now)s;

-- name: forget_history
-- What is written anew; before the customer's first event, where it is a later one now, nothing is.
delete from milepost.insight_days d using milepost.snapshots n
where n.customer_id = any (%(customers)s) and d.customer = n.number and d.plan_version = n.plan_version
  and d.day >= n.history_from;

-- name: write_history
-- A row for each day from the first that changed, or is not there yet, to yesterday.
insert into milepost.insight_days
select r.* from milepost.snapshots n
join milepost.standing s using (customer_id)
cross join lateral milepost.insights_days(n.customer_id, array(
  select day::date from generate_series(
    greatest(n.history_from, (s.first_event_at at time zone 'UTC')::date, n.day - %(history)s + 1)::timestamp,
    n.day - interval '1 day', interval '1 day') as day)) as i
cross join lateral milepost.narrow_day(n.number, n.plan_version, i.as_of, i.current_scaling_score, i.components,
  i.systematic_progression_rate, i.professional_credibility_trend, i.inconsistent_system_usage,
  i.low_business_impact_actions, milepost.weakest(i.competencies)) as r
where n.customer_id = any (%(customers)s) and n.history_from is not null and s.first_event_at is not null;

-- name: history_written
-- Until something changes.
update milepost.snapshots set history_from = null, history_at = %(now)s where customer_id = any (%(customers)s);

-- name: importing
-- Whether there may be more to come of what is stored.
select milepost.is_importing();

-- name: slow_waits
-- What costs more is to follow for these, too.
update milepost.snapshots set slow_at = '0001-01-01 00:00Z' where customer_id = any (%(customers)s) and slow_at is null;

-- name: slow_done
-- All of it is as of now.
update milepost.snapshots set slow_at = %(now)s where customer_id = any (%(customers)s);

-- name: settled
-- Takes the mark from those that did not change meanwhile; the others keep it, and come again. So do those being written
-- to: whoever deletes one of them has its row, and waits for us.
with still as (
  select s.customer_id from milepost.standing s
  join unnest(%(customers)s::text[], %(changes)s::bigint[]) as c(customer_id, changes)
    on c.customer_id = s.customer_id and c.changes = s.changes
  where s.unsettled for no key update of s skip locked
)
update milepost.standing s set unsettled = false, changed_from = null from still
where s.customer_id = still.customer_id;

-- name: expired_history
-- Days before the history's end, some at a time.
delete from milepost.insight_days where ctid = any (array(
  select ctid from milepost.insight_days where day < %(before)s limit %(most)s));

-- name: hold
-- The next customers after one, in the order in which all writers take them. What is done to them is another statement's:
-- this one's own would still see those as they were before it waited, and run into who waits for them now.
select customer_id from milepost.standing where customer_id > %(after)s order by 1 limit %(most)s for no key update;

-- name: mark_anew
-- Everything of these is to be written anew.
select milepost.mark_changed(%(customers)s::text[],
  array_fill('0001-01-01'::date, array[cardinality(%(customers)s::text[])]));

-- name: waiting
-- How many wait.
select count(*) from milepost.standing where unsettled;
