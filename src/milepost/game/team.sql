-- What the team's page shows of everybody, from what was settled. Loaded by name (team.py).

-- name: totals
-- How many customers there are, how many of them have a badge or keep a streak, and what came lately.
select count(*) as customers, count(*) filter (where badges > 0) as with_badge,
  count(*) filter (where streak_weeks > 0) as with_streak, max(streak_weeks) as longest_running,
  (select count(*) from milepost.badge_awards where earned_on > %(today)s::date - 7 and earned_on <= %(today)s::date)
    as awards_7,
  (select count(*) from milepost.badge_awards where earned_on > %(today)s::date - 14 and earned_on <= %(today)s::date - 7)
    as awards_7_before
from milepost.snapshots

-- name: rarity
-- How many customers have each badge.
select badge_id, count(*) as customers from milepost.badge_awards group by 1

-- name: streaks
-- How many streaks of each length are running, by what keeps them.
select streak_weeks as weeks, streak_state = 'grace' as at_risk, count(*) as customers
from milepost.snapshots where streak_weeks > 0 group by 1, 2 order by 1, 2

-- name: levels
-- How many customers are at each level of each competency; level 0 is everybody else.
select x.competency, x.level::integer as level, count(*) as customers
from milepost.snapshots g cross join lateral jsonb_each_text(g.levels) as x(competency, level)
where g.levels <> '{}' group by 1, 2

-- name: recent
-- Badges earned, newest first, behind a place in that order; all or one.
select a.customer_id, coalesce(c.name, a.customer_id) as name, a.badge_id, a.earned_on, a.awarded_at
from milepost.badge_awards a left join milepost.customers c using (customer_id)
where (%(badge)s::text is null or a.badge_id = %(badge)s)
  and (%(after)s::date is null or (a.earned_on, a.awarded_at, a.customer_id, a.badge_id)
    < (%(after)s, %(after_at)s::timestamptz, %(after_customer)s::text, %(after_badge)s::text))
order by a.earned_on desc, a.awarded_at desc, a.customer_id desc, a.badge_id desc limit %(limit)s

-- name: longest
-- The longest streaks that are running.
select g.customer_id, coalesce(c.name, g.customer_id) as name, g.streak_weeks as weeks, g.streak_state as state
from milepost.snapshots g left join milepost.customers c using (customer_id)
where g.streak_weeks > 0
order by g.streak_weeks desc, g.customer_id limit %(limit)s
