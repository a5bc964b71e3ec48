-- name: flagged
-- Whether `n` is at risk: among the first of those who fell, who are never more than a share of the customers active in
-- the window. Found once for all of a statement's rows.
n.missed_days is not null and (-(n.missed_days / sqrt(n.usual_days)), n.customer_id) <= (
  select -first.risk, first.customer_id
  from (
    select missed_days / sqrt(usual_days) as risk, customer_id from milepost.snapshots where missed_days is not null
    order by missed_days / sqrt(usual_days) desc, customer_id
    limit (select greatest(1, floor({share} * count(*))) from milepost.standing
      where last_event_at >= ({today} - {days})::timestamp at time zone 'UTC')) as first
  order by first.risk, first.customer_id desc limit 1)

-- name: among
-- Those of some customers who are at risk, and what speaks for it.
select n.customer_id, n.active_days, n.usual_days, {away} as days_away
from milepost.snapshots n join milepost.standing s using (customer_id)
where n.customer_id = any(%(customers)s::text[]) and {flagged}

-- name: first
-- The first of those at risk, and how many they are.
select n.customer_id, c.name, n.active_days, n.usual_days, {away} as days_away,
  (select count(*) from {counted} where {flagged} and {wanted}) as total
from milepost.snapshots n join milepost.standing s using (customer_id)
left join milepost.customers c using (customer_id)
where {flagged} and {wanted}
order by n.missed_days / sqrt(n.usual_days) desc, n.customer_id limit %(limit)s

-- name: risen
-- Who rose most against their own past: at least twice as many active days, and four more.
select n.customer_id, c.name, n.active_days, n.usual_days
from milepost.snapshots n left join milepost.customers c using (customer_id)
where n.active_days >= 2 * n.usual_days and n.active_days >= n.usual_days + 4
order by n.active_days - n.usual_days desc, n.customer_id limit %(limit)s
