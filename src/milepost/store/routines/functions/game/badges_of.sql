-- How far each customer is with each badge of the plan, and the first day at whose end its rule held. What a badge
-- counts only ever rises with the days, so there is one such day.
create or replace function milepost.badges_of(customers text[], as_of date)
returns table (customer_id text, place bigint, badge_id text, value bigint, at_least bigint, earned_on date)
language sql stable as $$
  with rules as materialized (
    select * from milepost.badge_rules()
  ),
  days as materialized (
    select d.customer_id, d.day, d.tools, sum(d.points::float8) over so_far as points, row_number() over so_far as active_days,
      sum(d.exports::float8) over so_far as exports, sum(d.resources_created::float8) over so_far as resources_created,
      sum(d.resources_shared::float8) over so_far as resources_shared, sum(d.milestones::float8) over so_far as milestones
    from milepost.customer_days d where d.customer_id = any (customers) and d.day <= as_of
    window so_far as (partition by d.customer_id order by d.day)
  ),
  tools as materialized (
    select d.customer_id, t.tool, d.day, row_number() over (partition by d.customer_id, t.tool order by d.day) as times
    from days d cross join lateral unnest(d.tools) as t(tool)
    where t.tool in (select item ->> 'id' from milepost.plan, jsonb_array_elements(document -> 'tools') as item)
  ),
  weeks as materialized (
    select * from milepost.streak_weeks(customers, as_of)
  ),
  climb as materialized (
    select * from milepost.competency_climb(customers, as_of)
  ),
  -- A line wherever what a badge counts has risen, with what it has risen to.
  progress as (
    select d.customer_id, r.place, d.day, case r.metric
      when 'points' then d.points when 'active_days' then d.active_days when 'exports' then d.exports
      when 'resources_created' then d.resources_created when 'resources_shared' then d.resources_shared
      when 'milestones' then d.milestones end::bigint as value
    from days d join rules r on r.metric in
      ('points', 'active_days', 'exports', 'resources_created', 'resources_shared', 'milestones')
    union all
    select w.customer_id, r.place, w.first_day, row_number() over (partition by w.customer_id, r.place order by w.monday)
    from weeks w join rules r on r.metric = 'active_weeks'
    union all
    select w.customer_id, r.place, w.first_day, w.nth from weeks w join rules r on r.metric = 'streak_weeks'
    union all
    select t.customer_id, r.place, t.day, row_number() over (partition by t.customer_id, r.place order by t.day)
    from tools t join rules r on r.metric = 'tools' where t.times = 1
    union all
    select t.customer_id, r.place, t.day, t.times from tools t join rules r on r.metric = 'tool_days' and r.tool = t.tool
    union all
    select k.customer_id, r.place, k.day, k.points
    from climb k join rules r on r.metric = 'competency_points' and r.competency = k.competency
    union all
    select k.customer_id, r.place, k.day, k.level
    from climb k join rules r on r.metric = 'level' and coalesce(r.competency, k.competency) = k.competency
    union all
    select k.customer_id, k.place, k.day, row_number() over (partition by k.customer_id, k.place order by k.day)
    from (
      select c.customer_id, r.place, c.competency, min(c.day) as day
      from climb c join rules r on r.metric = 'competencies_at_level' and c.level >= r.level group by 1, 2, 3) as k
    union all
    select a.customer_id, r.place, a.day, row_number() over (partition by a.customer_id, r.place order by a.day)
    from milepost.outcomes_of(customers) a join rules r on r.metric = 'outcomes' where a.day <= as_of
  ),
  found as (
    select t.customer_id, t.place, max(t.value) as value, min(t.day) filter (where t.value >= r.at_least) as earned_on
    from progress t join rules r using (place) group by 1, 2
  )
  select c.customer_id, r.place, r.badge_id, coalesce(f.value, 0), coalesce(r.at_least, 1), f.earned_on
  from (select distinct unnest(customers)) as c(customer_id)
  cross join rules r
  left join found f on f.customer_id = c.customer_id and f.place = r.place
$$;
