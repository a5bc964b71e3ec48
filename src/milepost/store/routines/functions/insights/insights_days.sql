-- Everything about a customer that depends on the day it is asked for: a row for each of these days, by the customer's
-- plan version. Null means: not enough data. docs/scores.md has every formula.
create or replace function milepost.insights_days(customer text, days date[])
returns table (
  as_of date, competencies jsonb, current_scaling_score double precision, score_coverage double precision,
  components jsonb, systematic_progression_rate double precision, professional_credibility_trend text,
  points_last_14_days bigint, points_14_days_before bigint, active_weeks integer,
  inconsistent_system_usage boolean, low_business_impact_actions boolean, low_impact_share double precision)
language sql stable as $$
  with wanted as materialized (
    -- age: days since the first event. weeks: how many of the last eight the customer was there for.
    select d.as_of, d.as_of - f.first_day as age, least(8, (d.as_of - f.first_day) / 7 + 1) as weeks
    from (select distinct unnest(days) as as_of) as d
    left join (select (first_event_at at time zone 'UTC')::date as first_day
      from milepost.standing where customer_id = customer) as f on true
  ),
  r as materialized (
    select rules #> '{scoring,components}' as weights,
      (rules #>> '{scoring,dead_band}')::double precision as dead_band,
      (rules #>> '{scoring,trend_min_points}')::double precision as trend_min_points,
      (rules #>> '{risk,active_weeks}')::double precision as risk_weeks,
      (rules #>> '{risk,low_impact_share}')::double precision as risk_share,
      coalesce((rules #>> '{scoring,outcome_saturation}')::double precision, 6) as outcome_saturation,
      coalesce((rules #>> '{scoring,consistency_half_life_weeks}')::double precision, 2) as weeks_half_life,
      coalesce((rules #>> '{scoring,recency_half_life_days}')::double precision, 5) as recency_half_life,
      array(select jsonb_array_elements_text(rules -> 'tools')) as tools
    from milepost.plans where plan_version = milepost.plan_of(customer)
  ),
  sums as (
    -- weeks: a bit for each of the last eight that has an event, the newest first. Points are whole and few enough for
    -- double precision, which is quicker than numeric.
    select w.as_of,
      coalesce(sum(d.points::float8) filter (where d.day > w.as_of - 14), 0) as points_14,
      coalesce(sum(d.points::float8) filter (where d.day > w.as_of - 28 and d.day <= w.as_of - 14), 0)
        as points_14_before,
      coalesce(sum(d.points::float8) filter (where d.day > w.as_of - 28), 0) as points_28,
      coalesce(sum(d.points::float8) filter (where d.day <= w.as_of - 28), 0) as points_84_before,
      coalesce(bit_or(1 << (w.as_of - d.day) / 7) filter (where d.day > w.as_of - 56), 0) as weeks,
      max(d.day) as last_day,
      sum(d.low_impact::float8) filter (where d.day > w.as_of - 28) as low_28,
      sum(d.events::float8) filter (where d.day > w.as_of - 28) as events_28
    from wanted w left join milepost.customer_days d
      on d.customer_id = customer and d.day > w.as_of - 112 and d.day <= w.as_of
    group by w.as_of
  ),
  windows as (
    select s.*, k.active_weeks, k.faded_weeks from sums s left join r on true
    cross join lateral (
      -- A week half_life_weeks earlier counts half.
      select count(*)::integer as active_weeks, sum(2 ^ (-week / r.weeks_half_life) order by week) as faded_weeks
      from generate_series(0, 7) as week where (s.weeks >> week) & 1 = 1) as k
  ),
  used as (
    select w.as_of, count(distinct t.tool) as tools
    from wanted w cross join r
    join milepost.customer_days d on d.customer_id = customer and d.day > w.as_of - 30 and d.day <= w.as_of
    cross join lateral unnest(d.tools) as t(tool)
    where t.tool = any (r.tools)
    group by w.as_of
  ),
  skills as (
    -- Ordered, here and below, so that the same days always give the same last bit, whichever way they are read.
    select w.as_of, jsonb_object_agg(c.competency, c.score) as scores, avg(c.score order by c.competency) as average,
      sum(c.points) as points
    from wanted w cross join lateral milepost.competency_scores(customer, w.as_of) as c
    group by w.as_of
  ),
  parts as (
    select w.as_of, v.name, v.value, v.place, coalesce((r.weights ->> v.name)::double precision, 0) as weight
    from wanted w cross join r
    join windows n using (as_of)
    left join skills s using (as_of)
    left join used u using (as_of)
    cross join lateral (values
      (1, 'competencies', case when s.points > 0 then s.average end),
      (2, 'breadth', (100.0 * coalesce(u.tools, 0) / nullif(cardinality(r.tools), 0))::double precision),
      -- Of a customer's first two weeks nobody can say whether they come regularly.
      (3, 'consistency', case when w.age >= 14 then least(100, 100 * coalesce(n.faded_weeks, 0)
        * (1 - 2 ^ (-1 / r.weeks_half_life)) / (1 - 2 ^ (-w.weeks / r.weeks_half_life))) end),
      (4, 'recency', case when n.last_day is null then 0
        else 100 * 2 ^ greatest(-(w.as_of - n.last_day) / r.recency_half_life, -900) end),
      -- Points a day of the last 28 against those of up to 84 days before, at least 14 of them: 50 is as before.
      (5, 'momentum', case when w.age >= 41 and n.points_28 + n.points_84_before > 0
        then 100.0 * (n.points_28 / 28.0) / (n.points_28 / 28.0 + n.points_84_before / least(84.0, w.age - 27)) end),
      (6, 'outcomes', (select 100 * (1 - exp(-least(o.faded / r.outcome_saturation, 700)))
        from milepost.faded_outcomes(customer, w.as_of) as o(faded) where o.faded is not null))
    ) as v(place, name, value)
    where w.age >= 0
  ),
  weighed as (
    select as_of, name, place, weight, value,
      sum(weight) filter (where value is not null) over of_the_day as there, sum(weight) over of_the_day as whole
    from parts
    window of_the_day as (partition by as_of order by place rows between unbounded preceding and unbounded following)
  ),
  score as (
    select as_of,
      -- A score that rests on less than a third of its parts would say more than is known.
      case when min(there) >= min(whole) / 3 then sum(weight * value order by place) / nullif(min(there), 0) end as score,
      coalesce(min(there), 0) / nullif(min(whole), 0) as coverage,
      jsonb_agg(jsonb_build_object('name', name, 'weight', weight, 'value', value,
        'contribution', weight * value / nullif(there, 0)) order by place) as components
    from weighed group by as_of
  )
  select w.as_of, s.scores, score.score, score.coverage, score.components, n.points_28 / 4.0,
    case
      -- Of the 14 days before the last 14, a newer customer was there for a part only.
      when w.age >= 27 is not true then null
      when points_14 + points_14_before < r.trend_min_points then null
      when points_14 > points_14_before * (1 + r.dead_band) then 'improving'
      when points_14 < points_14_before * (1 - r.dead_band) then 'declining'
      else 'stable'
    end,
    points_14::bigint, points_14_before::bigint, n.active_weeks,
    -- The plan's figure is for eight weeks; a customer of fewer is held to as large a share of theirs.
    case when w.age >= 28 then n.active_weeks < r.risk_weeks * w.weeks / 8 end,
    case when events_28 >= 10 then low_28 / events_28 > r.risk_share end,
    (low_28 / nullif(events_28, 0))::double precision
  from wanted w
  join windows n using (as_of)
  left join r on true
  left join skills s using (as_of)
  left join score using (as_of)
$$;
