-- What customers in the same situation did next, and whether they moved up. Run in the background; docs/coach.md.

-- name: masks
-- Every set of tools there is, as bits: the n-th of the plan's tools is bit n + 4. There are far fewer sets than days.
create temporary table masks on commit drop as
select d.tools, coalesce(bit_or(1::bigint << (t.place + 3)::integer), 0) as mask
from (select distinct tools from milepost.customer_days
  where day <= %(newest)s and day > %(newest)s - 28 * %(blocks)s) as d
left join unnest(%(tools)s::text[]) with ordinality as t(tool, place) on t.tool = any (d.tools)
group by 1

-- name: blocks
-- The last year in blocks of 28 days, counted back from the last whole one: 0 is the newest. A row a customer and block,
-- with what was done in it as bits: 0 to 3 are exports, resources made, resources shared, milestones.
create temporary table blocks on commit drop as
select d.customer_id, (%(newest)s - d.day) / 28 as block, sum(d.points) as points,
  bit_or(m.mask | (d.exports > 0)::integer | ((d.resources_created > 0)::integer << 1)
    | ((d.resources_shared > 0)::integer << 2) | ((d.milestones > 0)::integer << 3)) as did
from milepost.customer_days d join masks m using (tools)
where d.day <= %(newest)s and d.day > %(newest)s - 28 * %(blocks)s
group by 1, 2

-- name: situations
-- Each customer once in each situation: the newest anchor, at the end of a block, at which it was in it, as the history
-- remembers it (late events come to it within the hour, or by night).
create temporary table situations on commit drop as
select n.customer_id, greatest(0, least(floor(i.score / %(width)s)::integer, %(top)s)) as band,
  -- Of a customer without any points in any, none is the weakest.
  c.competency, min(a.block) as block
from generate_series(2, %(blocks)s - 1) as a(block)
join milepost.insight_days i on i.day = %(newest)s - 28 * a.block and i.plan_version = %(plan_version)s
  and i.score is not null
join (
  select c.competency, c.place from milepost.plans
  cross join lateral jsonb_array_elements_text(rules -> 'competencies') with ordinality as c(competency, place)
  where plan_version = %(plan_version)s) as c on c.place = i.weakest
join milepost.snapshots n on n.number = i.customer
join milepost.standing s on s.customer_id = n.customer_id
  -- There for the whole block before, so that its points are those of 28 days.
  and (s.first_event_at at time zone 'UTC')::date <= %(newest)s - 28 * (a.block + 1) + 1
group by 1, 2, 3

-- name: analyze
analyze blocks, situations

-- name: compare
-- By situation and step: of those who had not taken it in the 28 days before, who did in the 28 after the anchor, and
-- who had moved up in the 28 after those. First by what was done altogether, as that makes few rows of many. Compared are
-- those of one anchor whose points before were alike, within a factor of two: strata with both groups in them.
with lives as (
  select s.band, s.competency, s.block, coalesce(b.did, 0) as before, coalesce(n.did, 0) as next,
    case when b.points > 0 then 1 + floor(log(2, b.points))::integer else 0 end as start,
    coalesce(f.points, 0) > coalesce(b.points, 0) * (1 + %(moved_up_share)s::float8)
      and coalesce(f.points, 0) - coalesce(b.points, 0) >= %(moved_up_points)s as moved_up,
    count(*) as customers
  from situations s
  left join blocks b on b.customer_id = s.customer_id and b.block = s.block
  left join blocks n on n.customer_id = s.customer_id and n.block = s.block - 1
  left join blocks f on f.customer_id = s.customer_id and f.block = s.block - 2
  group by 1, 2, 3, 4, 5, 6, 7
),
steps as (
  select l.*, k.step, ((l.next >> (k.place - 1)::integer) & 1) = 1 as did
  from lives l cross join unnest(%(steps)s::text[]) with ordinality as k(step, place)
  where ((l.before >> (k.place - 1)::integer) & 1) = 0
),
strata as (
  select band, competency, step,
    coalesce(sum(customers) filter (where did), 0)::bigint as did,
    coalesce(sum(customers) filter (where did and moved_up), 0)::bigint as did_moved_up,
    coalesce(sum(customers) filter (where not did), 0)::bigint as did_not,
    coalesce(sum(customers) filter (where not did and moved_up), 0)::bigint as did_not_moved_up
  from steps
  group by 1, 2, 3, block, start
  having bool_or(did) and bool_or(not did)
)
select band, competency, step, sum(did)::bigint as did, sum(did_moved_up)::bigint as did_moved_up,
  sum(did_not)::bigint as did_not, sum(did_not_moved_up)::bigint as did_not_moved_up,
  array_agg(array[did_moved_up, did, did_not_moved_up, did_not]) as strata
from strata
group by 1, 2, 3
having sum(did) >= %(at_least)s and sum(did_not) >= %(at_least)s
order by 1, 2, 3

-- name: forget
delete from milepost.coach_learned

-- name: keep
insert into milepost.coach_learned (band, competency, step, did, did_moved_up, did_not, did_not_moved_up, difference,
  low, high, learned_at)
values (%(band)s, %(competency)s, %(step)s, %(did)s, %(did_moved_up)s, %(did_not)s, %(did_not_moved_up)s,
  %(difference)s, %(low)s, %(high)s, %(now)s)

-- name: note
update milepost.coach set learned_at = %(now)s
