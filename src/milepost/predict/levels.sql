-- name: levels
-- By customer, the levels in all competencies together at the beginning of a day and of a later one, and the points
-- that were missing at the first to the nearest next level: points only add up, so their days are the levels' history.
with thresholds as (
  select array_agg(points::bigint order by points::bigint) as each
  from milepost.plan, jsonb_array_elements_text(document #> '{game,level_points}') as points
),
points as (
  select d.customer_id, d.competency, coalesce(sum(d.points) filter (where d.day < %(at)s), 0)::bigint as before,
    sum(d.points)::bigint as after
  from milepost.competency_days d
  where d.day < %(until)s and d.competency in (
    select item ->> 'id' from milepost.plan, jsonb_array_elements(document -> 'competencies') as item)
  group by 1, 2
)
select n.number, sum(width_bucket(p.before, t.each))::integer, sum(width_bucket(p.after, t.each))::integer,
  min((t.each)[width_bucket(p.before, t.each) + 1] - p.before)::float
from points p cross join thresholds t
join milepost.numbers n on n.kind = 'customer' and n.id = p.customer_id
where t.each is not null
group by n.number;
