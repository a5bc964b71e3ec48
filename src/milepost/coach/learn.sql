-- What customers in the same situation did next, and whether they moved up. Run in the background; docs/coach.md.

-- name: blocks
-- The last year in blocks of 28 days, counted back from the last whole one: 0 is the newest. A row a customer and block.
create temporary table blocks on commit drop as
select customer_id, (%(newest)s - day) / 28 as block, sum(points) as points, max(exports) > 0 as exported,
  max(resources_created) > 0 as created, max(resources_shared) > 0 as shared, max(milestones) > 0 as reached
from milepost.customer_days
where day <= %(newest)s and day > %(newest)s - 28 * %(blocks)s
group by 1, 2

-- name: block_tools
-- Which tools were used in which block.
create temporary table block_tools on commit drop as
select distinct d.customer_id, (%(newest)s - d.day) / 28 as block, t.tool
from milepost.customer_days d cross join lateral unnest(d.tools) as t(tool)
where d.day <= %(newest)s and d.day > %(newest)s - 28 * %(blocks)s and t.tool = any (%(tools)s)

-- name: situations
-- Each customer once in each situation: the newest anchor, at the end of a block, at which it was in it. What it did in
-- the block after, and its points in the block after that, against those of the block before the anchor.
create temporary table situations on commit drop as
select distinct on (i.customer_id, band, competency) i.customer_id, a.block,
  greatest(0, least(floor(i.current_scaling_score / %(width)s)::integer, %(top)s)) as band, w.competency,
  coalesce(b.points, 0) as points_before, coalesce(f.points, 0) as points_after,
  coalesce(f.points, 0) > coalesce(b.points, 0) * (1 + %(moved_up_share)s::float8)
    and coalesce(f.points, 0) - coalesce(b.points, 0) >= %(moved_up_points)s as moved_up
from generate_series(2, %(blocks)s - 1) as a(block)
join milepost.insight_days i on i.day = %(newest)s - 28 * a.block and i.plan_version = %(plan_version)s
  and i.current_scaling_score is not null
join milepost.standing s on s.customer_id = i.customer_id
  -- There for the whole block before, so that its points are those of 28 days.
  and (s.first_event_at at time zone 'UTC')::date <= %(newest)s - 28 * (a.block + 1) + 1
cross join lateral (
  -- As the snapshot has it: of a customer without any points in any, none is the weakest.
  select key as competency from jsonb_each_text(i.competency_scores)
  where exists (select from jsonb_each_text(i.competency_scores) as c where c.value::float8 > 0)
  order by value::float8, key limit 1) as w
left join blocks b on b.customer_id = i.customer_id and b.block = a.block
left join blocks f on f.customer_id = i.customer_id and f.block = a.block - 2
order by i.customer_id, band, competency, a.block

-- name: index_blocks
create index on blocks (customer_id, block)

-- name: index_tools
create index on block_tools (customer_id, block)

-- name: analyze
analyze blocks, block_tools, situations

-- name: compare
-- By situation and step: of those who had not taken it in the 28 days before, who did next, and who moved up.
with steps as (
  select s.customer_id, s.band, s.competency, s.moved_up, k.step, k.before, k.next
  from situations s
  left join blocks b on b.customer_id = s.customer_id and b.block = s.block
  left join blocks n on n.customer_id = s.customer_id and n.block = s.block - 1
  cross join lateral (values
    ('do:export_action', coalesce(b.exported, false), coalesce(n.exported, false)),
    ('do:resource_generation', coalesce(b.created, false), coalesce(n.created, false)),
    ('do:resource_share', coalesce(b.shared, false), coalesce(n.shared, false)),
    ('do:competency_milestone', coalesce(b.reached, false), coalesce(n.reached, false))) as k(step, before, next)
  union all
  select s.customer_id, s.band, s.competency, s.moved_up, 'tool:' || t.tool, b.tool is not null, n.tool is not null
  from situations s
  cross join unnest(%(tools)s::text[]) as t(tool)
  left join block_tools b on b.customer_id = s.customer_id and b.block = s.block and b.tool = t.tool
  left join block_tools n on n.customer_id = s.customer_id and n.block = s.block - 1 and n.tool = t.tool
)
select band, competency, step, count(*) filter (where next) as did, count(*) filter (where next and moved_up) as did_moved_up,
  count(*) filter (where not next) as did_not, count(*) filter (where not next and moved_up) as did_not_moved_up
from steps where not before
group by 1, 2, 3
having count(*) filter (where next) >= %(at_least)s and count(*) filter (where not next) >= %(at_least)s
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
