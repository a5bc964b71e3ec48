-- Leaderboards, from what was settled. Loaded by name (board.py).

-- name: mine
-- The board for one customer: the first places, and its own wherever that is. No ids.
select rank, name, points, is_me, customers from milepost.leaderboard(%(me)s, %(limit)s)

-- name: opted_in
-- The same board with the customers' ids, for the team.
select rank() over (order by g.systematic_progression_rate desc) as rank, g.customer_id,
  coalesce(c.name, g.customer_id) as name,
  (g.systematic_progression_rate * 4)::bigint as points, p.leaderboard, p.display_name
from milepost.game_profiles p
join milepost.snapshots g using (customer_id)
left join milepost.customers c using (customer_id)
where p.leaderboard <> 'off'
order by g.systematic_progression_rate desc, g.customer_id limit %(limit)s

-- name: everyone
-- All customers, by the same points; the first few along the index.
select rank() over (order by g.points desc) as rank, g.customer_id, coalesce(c.name, g.customer_id) as name, g.points,
  coalesce(p.leaderboard, 'off') as leaderboard, p.display_name
from (
  select customer_id, (systematic_progression_rate * 4)::bigint as points from milepost.snapshots
  order by systematic_progression_rate desc, customer_id limit %(limit)s) as g
left join milepost.game_profiles p using (customer_id)
left join milepost.customers c using (customer_id)
order by g.points desc, g.customer_id

-- name: count_opted_in
-- How many are on the board.
select count(*) as customers from milepost.game_profiles where leaderboard <> 'off'

-- name: count_everyone
-- How many there are.
select count(*) as customers from milepost.snapshots
