-- Whether what is settled of the game is what the days say. Loaded by name (verify.py).

-- name: slice
-- Customers after one, in order, of whom nothing is waiting to be settled, with the day their game is of. What is waiting
-- is counted below.
select s.customer_id, n.day
from milepost.standing s join milepost.snapshots n using (customer_id)
where s.customer_id > %(after)s and not s.unsettled and n.due_on > n.day and n.slow_at >= n.settled_at
  and s.plan_version = milepost.current_plan()
order by s.customer_id limit %(most)s

-- name: waiting
-- How many are still to be settled.
select count(*) as customers from milepost.standing s left join milepost.snapshots n using (customer_id)
where s.unsettled or n.due_on is null or n.due_on <= n.day or n.slow_at < n.settled_at
  or s.plan_version <> milepost.current_plan()

-- name: standing
-- Of these customers, whose game is of one day: how many have other points, levels or streaks than their days say.
select count(*) as customers
from milepost.streaks_of(%(customers)s::text[], %(day)s::date) as s
left join milepost.snapshots g using (customer_id)
left join (
  select d.customer_id, sum(d.points) as points, sum(d.points) filter (where d.day > %(day)s::date - 28) as points_28
  from milepost.customer_days d
  where d.customer_id = any (%(customers)s::text[]) and d.day <= %(day)s::date group by 1) as p using (customer_id)
left join (
  select l.customer_id, jsonb_object_agg(l.competency, l.level) as levels
  from milepost.levels_of(%(customers)s::text[], %(day)s::date) as l where l.level > 0 group by 1) as l
  using (customer_id)
where (g.points, g.systematic_progression_rate, g.levels, g.streak_weeks, g.streak_longest, g.streak_state)
  is distinct from (coalesce(p.points, 0)::bigint, (coalesce(p.points_28, 0) / 4.0)::float8, coalesce(l.levels, '{}'),
    s.weeks::integer, s.longest::integer, s.state)

-- name: awards
-- How many of these customers have a badge they did not earn, lack one, or have it on another day.
select count(distinct coalesce(a.customer_id, e.customer_id)) as customers
from (
  select customer_id, badge_id, earned_on from milepost.badge_awards
  where customer_id = any (%(customers)s::text[])) as a
full join (
  select customer_id, badge_id, earned_on from milepost.badges_of(%(customers)s::text[], %(day)s::date)
  where earned_on is not null) as e using (customer_id, badge_id)
where a.earned_on is distinct from e.earned_on

-- name: counts
-- How many of these customers have another number of badges than they have badges.
select count(*) as customers from milepost.snapshots g
where g.customer_id = any (%(customers)s::text[])
  and g.badges <> (select count(*) from milepost.badge_awards a where a.customer_id = g.customer_id)
