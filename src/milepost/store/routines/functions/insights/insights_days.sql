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
      (rules #>> '{risk,active_weeks}')::double precision as risk_weeks,
      (rules #>> '{risk,low_impact_share}')::double precision as risk_share,
      coalesce((rules #>> '{scoring,outcome_saturation}')::double precision, 6) as outcome_saturation,
      coalesce((rules #>> '{scoring,consistency_half_life_weeks}')::double precision, 2) as weeks_half_life,
      coalesce((rules #>> '{scoring,recency_days}')::double precision, 7) as recency_days,
      coalesce((rules #>> '{scoring,lately_half_life_days}')::double precision, 7) as lately_half_life,
      coalesce((rules #>> '{scoring,habit_half_life_days}')::double precision, 84) as habit_half_life,
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
      bit_count(coalesce(bit_or(1 << (w.as_of - d.day) / 7), 0)::bit(8))::integer as active_weeks,
      sum(d.low_impact::float8) filter (where d.day > w.as_of - 28) as low_28,
      sum(d.events::float8) filter (where d.day > w.as_of - 28) as events_28
    from wanted w left join milepost.customer_days d
      on d.customer_id = customer and d.day > w.as_of - 56 and d.day <= w.as_of
    group by w.as_of
  ),
  -- Active weeks and days, each counting half of one a half-life later: as far back as there are any. A week has a value
  -- of its own, so that it counts once.
  faded as (
    select w.as_of, max(d.day) as last_day, count(*) filter (where d.day > w.as_of - 28)::integer as recent,
      count(*) filter (where d.day > w.as_of - 112 and d.day <= w.as_of - 28)::integer as earlier,
      sum(distinct 2 ^ greatest(-((w.as_of - d.day) / 7) / r.weeks_half_life, -900)) as weeks,
      sum(2 ^ greatest(-(w.as_of - d.day) / r.lately_half_life, -900) order by d.day) as lately,
      sum(2 ^ greatest(-(w.as_of - d.day) / r.habit_half_life, -900) order by d.day) as habit
    from wanted w cross join r
    join milepost.customer_days d on d.customer_id = customer and d.day <= w.as_of
    group by w.as_of
  ),
  tooled as materialized (
    -- The first day with one of the plan's tools; looked for where there is none in 30 days.
    select min(d.day) as since from r join milepost.customer_days d on d.customer_id = customer and d.tools && r.tools
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
    select w.as_of, w.age, v.name, v.value, v.place, coalesce((r.weights ->> v.name)::double precision, 0) as weight
    from wanted w cross join r
    left join faded f using (as_of)
    left join skills s using (as_of)
    left join used u using (as_of)
    cross join lateral (values
      (1, 'competencies', case when s.points > 0 then s.average end),
      (2, 'breadth', case when u.tools > 0 then (100.0 * u.tools / cardinality(r.tools))::double precision
        when (select since from tooled) <= w.as_of then 0 end),
      (3, 'consistency', least(100, 100 * f.weeks
        * (1 - 2 ^ (-1 / r.weeks_half_life)) / (1 - 2 ^ greatest(-(w.age / 7 + 1) / r.weeks_half_life, -900)))),
      -- 100 is every day; each doubling of the faded days is as good a step as the one before.
      (4, 'lately', 100 * least(1, ln(1 + 10 * f.lately) / ln(1 + 10 / (1 - 2 ^ (-1 / r.lately_half_life))))),
      (5, 'recency', 100 * r.recency_days / (r.recency_days + (w.as_of - f.last_day))),
      (6, 'habit', 100 * least(1, ln(1 + 10 * f.habit) / ln(1 + 10 / (1 - 2 ^ (-1 / r.habit_half_life))))),
      (7, 'outcomes', (select 100 * (1 - exp(-least(o.faded / r.outcome_saturation, 700)))
        from milepost.faded_outcomes(customer, w.as_of) as o(faded) where o.faded is not null))
    ) as v(place, name, value)
    where w.age >= 0
  ),
  weighed as (
    select as_of, age, name, place, weight, value,
      sum(weight) filter (where value is not null) over of_the_day as there, sum(weight) over of_the_day as whole
    from parts
    window of_the_day as (partition by as_of order by place rows between unbounded preceding and unbounded following)
  ),
  score as (
    select as_of,
      -- Of a customer's first days nobody can say anything; and a score that rests on less than a third of its parts
      -- would say more than is known.
      case when min(age) >= 14 and min(there) >= min(whole) / 3
        then sum(weight * value order by place) / nullif(min(there), 0) end as score,
      coalesce(min(there), 0) / nullif(min(whole), 0) as coverage,
      jsonb_agg(jsonb_build_object('name', name, 'weight', weight, 'value', value,
        'contribution', weight * value / nullif(there, 0)) order by place) as components
    from weighed group by as_of
  )
  select w.as_of, s.scores, score.score, score.coverage, score.components, n.points_28 / 4.0,
    -- Against the 84 days before, or as many of them as the customer was there for, 28 at least.
    case when w.age >= 55 then milepost.trend_of(f.recent, f.earlier, least(84, w.age - 27)) end,
    points_14::bigint, points_14_before::bigint, n.active_weeks,
    -- The plan's figure is for eight weeks; a customer of fewer is held to as large a share of theirs.
    case when w.age >= 28 then n.active_weeks < r.risk_weeks * w.weeks / 8 end,
    case when events_28 >= 10 then low_28 / events_28 > r.risk_share end,
    (low_28 / nullif(events_28, 0))::double precision
  from wanted w
  join sums n using (as_of)
  left join r on true
  left join faded f using (as_of)
  left join skills s using (as_of)
  left join score using (as_of)
$$;
