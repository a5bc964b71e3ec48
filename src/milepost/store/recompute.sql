-- name: plan_hash
-- Which plan the database has.
select hash from milepost.plan;

-- name: store_plan
-- Puts this plan in place of the one before.
insert into milepost.plan (hash, document, plan_version) values (%(hash)s, %(document)s, %(version)s)
on conflict (only_one) do update set hash = excluded.hash, document = excluded.document,
  plan_version = excluded.plan_version, applied_at = now();

-- name: version
-- The version whose points and scores are these, if there was one; what does not change them is brought up to date.
update milepost.plans set document = %(document)s where hash = %(scores_hash)s returning plan_version;

-- name: store_version
-- A version there was not.
insert into milepost.plans (score_version, hash, document) values (%(score_version)s, %(scores_hash)s, %(document)s)
returning plan_version;

-- name: current_version
-- The version new customers begin with.
select milepost.current_plan();

-- name: store_points
-- One event type and impact.
insert into milepost.plan_points (plan_version, event_type, impact, points) values (%s, %s, %s, %s);

-- name: settle_all_again
-- Everybody is due: playbooks, badges or names may be others now.
update milepost.snapshots set due_on = '0001-01-01';

-- name: behind
-- Customers after one, in order, whose numbers are of an older plan.
select customer_id from milepost.standing
where plan_version <> milepost.current_plan() and customer_id > %(after)s order by 1 limit %(most)s;

-- name: rescore
-- Brings these customers to the current plan.
select milepost.rescore(%s);

-- name: progress
-- How many customers there are, and how many the current plan has reached.
select count(*) as customers, count(*) filter (where plan_version = milepost.current_plan()) as rescored
from milepost.standing;

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

-- name: names_by_rule
-- Names of events that nobody has said by hand what they mean.
select name from milepost.event_names where not by_hand order by name;

-- name: map_names
-- What names mean by the plan's rules; those that mean something else now are followed by their stored events.
select count(*) filter (where milepost.map_name(x.name, x.type, x.tool, x.competency, x.impact, null))
from unnest(%s::text[], %s::text[], %s::text[], %s::text[], %s::text[]) as x(name, type, tool, competency, impact);
