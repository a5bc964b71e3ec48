-- name: first_day
-- The UTC day of a customer's first event; no row for a customer nothing is known of.
select (first_event_at at time zone 'UTC')::date as day from milepost.standing where customer_id = %(customer_id)s

-- name: practice
-- Practice and results by competency, and of all together where the competency is null.
select * from milepost.practice_on(%(customer_id)s, %(today)s::date)

-- name: weeks
-- Points by block of seven days, counted back from today: of each competency, and of all events where it is null.
select competency, (%(today)s::date - day) / 7 as block, sum(points)::bigint as points
from (
  select competency, day, points from milepost.competency_days where customer_id = %(customer_id)s
  union all
  select null, day, points from milepost.customer_days where customer_id = %(customer_id)s) as earned
where day <= %(today)s::date and day > %(today)s::date - 7 * %(weeks)s::integer
group by 1, 2

-- name: interventions
-- A customer's newest interventions, each with the days before and after it.
select a.action_id, a.action_type, a.competency_area, a."timestamp", a.private, a.day,
  before.points as points_before, before.active_days as active_days_before,
  later.points as points_after, later.active_days as active_days_after
from (
  select action_id, action_type, competency_area, "timestamp", private, ("timestamp" at time zone 'UTC')::date as day
  from public.customer_actions
  where customer_id = %(customer_id)s and role = 'intervention' and deleted_at is null
  order by "timestamp" desc, action_id desc limit %(limit)s) as a
cross join lateral (
  select coalesce(sum(points), 0)::bigint as points, count(*) as active_days from milepost.customer_days
  where customer_id = %(customer_id)s and day >= a.day - %(span)s::integer and day < a.day) as before
cross join lateral (
  select coalesce(sum(points), 0)::bigint as points, count(*) as active_days from milepost.customer_days
  where customer_id = %(customer_id)s and day > a.day and day <= a.day + %(span)s::integer) as later
order by a."timestamp" desc, a.action_id desc

-- name: marks
-- Offline actions of the last weeks, for a drawing; the newest where there are too many to draw.
select action_id, action_type, role, competency_area, "timestamp", private from public.customer_actions
where customer_id = %(customer_id)s and deleted_at is null
  and ("timestamp" at time zone 'UTC')::date <= %(today)s::date
  and ("timestamp" at time zone 'UTC')::date > %(today)s::date - 7 * %(weeks)s::integer
order by "timestamp" desc, action_id desc limit %(limit)s

-- name: differing
-- Settled customers whose practice and results are not what their days and actions say.
select count(*) as customers
from milepost.standing s
join milepost.snapshots n using (customer_id)
cross join lateral (
  select max(o.practice) filter (where o.competency is null) as practice,
    max(o.results) filter (where o.competency is null) as results,
    coalesce(jsonb_object_agg(o.competency, o.practice) filter (where o.competency is not null), '{}') as practice_by,
    coalesce(jsonb_object_agg(o.competency, o.results) filter (where o.competency is not null and o.outcomes > 0), '{}')
      as results_by
  from milepost.practice_on(s.customer_id, n.day) as o) as f
where not s.unsettled and n.plan_version = s.plan_version
  and (n.practice, n.results, n.competency_scores, n.results_by)
    is distinct from (f.practice, f.results, f.practice_by, f.results_by)
