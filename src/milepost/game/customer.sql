-- One customer's game, read by the server or, through row level security, by the customer. Loaded by name.

-- name: customer
-- All points so far, and the leaderboard state; no row for a customer nothing is known of.
select coalesce(d.points, 0) as points, coalesce(p.leaderboard, 'off') as leaderboard, p.display_name
from milepost.standing s
left join milepost.game_profiles p using (customer_id)
cross join lateral (
  select sum(c.points)::bigint as points from milepost.customer_days c
  where c.customer_id = s.customer_id and c.day <= %(today)s::date) as d
where s.customer_id = %(customer_id)s

-- name: badges
-- How far the customer is with each badge of the plan.
select badge_id, value, at_least, earned_on from milepost.game_on(%(customer_id)s, %(today)s::date)

-- name: levels
-- The level in each competency.
select competency, points, level from milepost.levels_on(%(customer_id)s, %(today)s::date)

-- name: streak
-- The streak as it stands today.
select weeks, longest, state, keep_by from milepost.streak_on(%(customer_id)s, %(today)s::date)

-- name: ledger
-- What events were worth, newest first, before a place in that order.
select event_id, customer_id, at, event_type, tool_id, competency, points, credibility from milepost.points_ledger
where customer_id = %(customer_id)s and at < (%(today)s::date + 1)::timestamp at time zone 'UTC'
  and (%(before)s::timestamptz is null or (at, event_id) < (%(before)s, %(before_id)s::uuid))
order by at desc, event_id desc limit %(limit)s
