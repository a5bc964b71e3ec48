-- name: plan_hash
-- Which plan the database has.
select hash from milepost.plan;

-- name: store_plan
-- Puts this plan in place of the one before.
insert into milepost.plan (hash, document) values (%(hash)s, %(document)s)
on conflict (only_one) do update set hash = excluded.hash, document = excluded.document, applied_at = now();

-- name: hold_folding
-- Waits for every batch that is being added up, and keeps new ones waiting: they see the new points afterwards.
lock table milepost.plan_points in access exclusive mode;

-- name: points
-- What the database gives for an event, by type and impact.
select event_type, impact, points from milepost.plan_points;

-- name: forget_points
-- Makes room for new points.
delete from milepost.plan_points;

-- name: store_points
-- One event type and impact.
insert into milepost.plan_points (event_type, impact, points) values (%s, %s, %s);

-- name: next_customers
-- The customers after one, in order: who has a standing, and who has events though nothing was counted of them.
-- The second part hops from one customer to the next along the index, so that it costs by customers, not by events.
with recursive hops (customer_id) as (
  (select e.customer_id from public.behavior_events e where e.customer_id > %(after)s order by 1 limit 1)
  union all
  select (select e.customer_id from public.behavior_events e where e.customer_id > h.customer_id order by 1 limit 1)
  from hops h where h.customer_id is not null
)
select customer_id from (
  (select customer_id from hops where customer_id is not null limit %(most)s)
  union
  (select customer_id from milepost.standing where customer_id > %(after)s order by 1 limit %(most)s)) as both_lists
order by 1 limit %(most)s;

-- name: recompute
-- Builds these customers' standing anew.
select milepost.recompute(%s);

-- name: pin
-- Gives a customer an insights row that stays without any event.
insert into milepost.standing (customer_id, pinned) values (%s, true)
on conflict (customer_id) do update set pinned = true where not milepost.standing.pinned;
