-- Settling: what is kept of insights beside the sums, for lists, filters and the history. Loaded by name (settle.py).

-- name: alone
-- One settles at a time, over all servers; false while another does. Held until the transaction ends.
select pg_try_advisory_xact_lock(hashtext('milepost.settle'));

-- name: unsettled
-- Customers after one, in order, of whom something changed, and how often it has.
select customer_id from milepost.standing where unsettled and customer_id > %(after)s order by customer_id limit %(most)s;

-- name: due
-- Customers whose day has turned, or whose plan has, since they were settled; and those whom a clock that was ahead has
-- settled for a day to come.
select customer_id from milepost.snapshots where due_on <= %(today)s or due_on > %(today)s + 1
order by due_on, customer_id limit %(most)s;

-- name: behind
-- Those whose numbers are of an older plan.
select customer_id from milepost.standing
where customer_id = any (%(customers)s) and plan_version <> milepost.current_plan() order by 1;

-- name: rescore
-- Brings them to the current plan.
select milepost.rescore(%s);

-- name: taken
-- Those that are still there, how often each has changed, and from which day on its history is to be written anew. What
-- is written of them refers to these rows: they are taken first and in order, as who deletes customers does (0019).
select customer_id, changes, changed_from from milepost.standing
where customer_id = any (%(customers)s) order by 1 for key share;

-- name: plan
-- The plan all of this is by.
select document, plan_version from milepost.plan;

-- name: write_history
-- A row for each day from the first that changed, or that is not there yet, to today.
insert into milepost.insight_days (customer_id, plan_version, day, current_scaling_score, score_coverage,
  score_components, systematic_progression_rate, professional_credibility_trend, points_last_14_days,
  points_14_days_before, active_weeks, inconsistent_system_usage, low_business_impact_actions, low_impact_share,
  competency_scores)
select c.customer_id, %(plan_version)s, i.as_of, i.current_scaling_score, i.score_coverage, i.components,
  i.systematic_progression_rate, i.professional_credibility_trend, i.points_last_14_days, i.points_14_days_before,
  i.active_weeks, i.inconsistent_system_usage, i.low_business_impact_actions, i.low_impact_share,
  coalesce(i.competencies, '{}')
from unnest(%(customers)s::text[], %(changed)s::date[]) as c(customer_id, changed)
join milepost.standing s using (customer_id)
cross join lateral (
  -- Nothing is there before the first event, nor before the history's end; what is not there yet is caught up with.
  select greatest(%(today)s - %(history)s + 1,
    least(coalesce((s.first_event_at at time zone 'UTC')::date, %(today)s), %(today)s),
    least(c.changed, %(today)s, (select max(d.day) + 1 from milepost.insight_days d
      where d.customer_id = c.customer_id and d.plan_version = %(plan_version)s))) as day) as beginning
cross join lateral milepost.insights_days(c.customer_id, array(
  select day::date from generate_series(beginning.day, %(today)s, interval '1 day') as day)) as i
on conflict (customer_id, plan_version, day) do update set
  current_scaling_score = excluded.current_scaling_score, score_coverage = excluded.score_coverage,
  score_components = excluded.score_components, systematic_progression_rate = excluded.systematic_progression_rate,
  professional_credibility_trend = excluded.professional_credibility_trend,
  points_last_14_days = excluded.points_last_14_days, points_14_days_before = excluded.points_14_days_before,
  active_weeks = excluded.active_weeks, inconsistent_system_usage = excluded.inconsistent_system_usage,
  low_business_impact_actions = excluded.low_business_impact_actions, low_impact_share = excluded.low_impact_share,
  competency_scores = excluded.competency_scores;

-- name: forget_history
-- Changed days before the customer's first event, where it is a later one now; what only expired has not changed. And
-- days that a clock ahead of ours has written.
delete from milepost.insight_days d
using unnest(%(customers)s::text[], %(changed)s::date[]) as c(customer_id, changed)
join milepost.standing s using (customer_id)
where d.customer_id = c.customer_id and d.plan_version = %(plan_version)s and (d.day > %(today)s
  or d.day >= c.changed and d.day < least(coalesce((s.first_event_at at time zone 'UTC')::date, %(today)s), %(today)s));

-- name: write_snapshots
-- Today's row once more, where lists look.
insert into milepost.snapshots (customer_id, day, due_on, settled_at, plan_version, score_version,
  current_scaling_score, score_coverage, score_components, systematic_progression_rate,
  professional_credibility_trend, points_last_14_days, points_14_days_before, active_weeks,
  inconsistent_system_usage, low_business_impact_actions, low_impact_share, competency_scores, weakest_competency)
select d.customer_id, d.day, d.day + 1, %(now)s, d.plan_version, %(score_version)s,
  d.current_scaling_score, d.score_coverage, d.score_components, d.systematic_progression_rate,
  d.professional_credibility_trend, d.points_last_14_days, d.points_14_days_before, d.active_weeks,
  d.inconsistent_system_usage, d.low_business_impact_actions, d.low_impact_share, d.competency_scores,
  -- Of a customer without any points in any, none is the weakest.
  (select key from jsonb_each_text(d.competency_scores) group by key, value
    having (select max(value::double precision) from jsonb_each_text(d.competency_scores)) > 0
    order by value::double precision, key limit 1)
from milepost.insight_days d
where d.customer_id = any (%(customers)s) and d.plan_version = %(plan_version)s and d.day = %(today)s
on conflict (customer_id) do update set
  day = excluded.day, due_on = excluded.due_on, settled_at = excluded.settled_at, plan_version = excluded.plan_version,
  score_version = excluded.score_version, current_scaling_score = excluded.current_scaling_score,
  score_coverage = excluded.score_coverage, score_components = excluded.score_components,
  systematic_progression_rate = excluded.systematic_progression_rate,
  professional_credibility_trend = excluded.professional_credibility_trend,
  points_last_14_days = excluded.points_last_14_days, points_14_days_before = excluded.points_14_days_before,
  active_weeks = excluded.active_weeks, inconsistent_system_usage = excluded.inconsistent_system_usage,
  low_business_impact_actions = excluded.low_business_impact_actions, low_impact_share = excluded.low_impact_share,
  competency_scores = excluded.competency_scores, weakest_competency = excluded.weakest_competency;

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
