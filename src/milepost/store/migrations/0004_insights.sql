-- Insights: what the standing means on a given day. Nothing here is stored, so nothing goes stale;
-- every formula is in docs/scores.md with an example worked by hand. Days are UTC; as_of is the last of them.

-- One number of the plan, such as '{scoring,half_life_days}'.
create function milepost.plan_number(path text[]) returns double precision
language sql stable parallel safe as $$
  select (document #>> path)::double precision from milepost.plan
$$;

-- A customer's points that still count on a day, by competency: each halves every half_life_days.
-- score = 100 * (1 - exp(-faded / saturation_points)).
create function milepost.competency_scores(customer text, as_of date)
returns table (competency text, points bigint, faded double precision, score double precision, last_day date)
language sql stable as $$
  select c.id, coalesce(d.points, 0)::bigint, coalesce(d.faded, 0),
    100 * (1 - exp(-coalesce(d.faded, 0) / milepost.plan_number('{scoring,saturation_points}'))), d.last_day
  from milepost.plan p
  cross join lateral jsonb_array_elements(p.document -> 'competencies') with ordinality as x(item, place)
  cross join lateral (select x.item ->> 'id' as id) as c
  left join lateral (
    select sum(points) as points, max(day) as last_day,
      -- Ordered, so that the same days always add up to the same last bit.
      sum(points * 2 ^ (-(as_of - day) / milepost.plan_number('{scoring,half_life_days}')) order by day) as faded
    from milepost.competency_days
    where customer_id = customer and competency_days.competency = c.id and day <= as_of) as d on true
  order by x.place
$$;

-- Everything about a customer that depends on the day it is asked for. Null means: not enough data.
create function milepost.insights_on(customer text, as_of date)
returns table (
  competencies jsonb, current_scaling_score double precision, score_coverage double precision, components jsonb,
  systematic_progression_rate double precision, professional_credibility_trend text,
  points_last_14_days bigint, points_14_days_before bigint, active_weeks integer,
  inconsistent_system_usage boolean, low_business_impact_actions boolean, low_impact_share double precision)
language sql stable as $$
  with windows as (
    select min(day) as first_day,
      coalesce(sum(points) filter (where day > as_of - 14), 0) as points_14,
      coalesce(sum(points) filter (where day > as_of - 28 and day <= as_of - 14), 0) as points_14_before,
      coalesce(sum(points) filter (where day > as_of - 28), 0) as points_28,
      coalesce(sum(points) filter (where day <= as_of - 28), 0) as points_84_before,
      count(distinct (as_of - day) / 7) filter (where day > as_of - 56)::integer as active_weeks,
      sum(low_impact) filter (where day > as_of - 28) as low_28,
      sum(events) filter (where day > as_of - 28) as events_28
    from milepost.customer_days
    where customer_id = customer and day > as_of - 112 and day <= as_of
  ),
  beginning as (
    -- age: days since the first event. weeks: how many of the last eight the customer was there for.
    select first_day, as_of - first_day as age, least(8, (as_of - first_day) / 7 + 1) as weeks
    from (select (first_event_at at time zone 'UTC')::date as first_day
      from milepost.standing where customer_id = customer) as s
  ),
  used as (
    select count(distinct tool) as tools
    from milepost.customer_days d cross join lateral unnest(d.tools) as tool
    where d.customer_id = customer and d.day > as_of - 30 and d.day <= as_of
      and tool in (select item ->> 'id' from milepost.plan, jsonb_array_elements(document -> 'tools') as item)
  ),
  skills as (
    select jsonb_object_agg(competency, score) as scores, avg(score) as average, sum(points) as points
    from milepost.competency_scores(customer, as_of)
  ),
  parts as (
    select name, weight, value from beginning, windows, used, skills,
    lateral (values
      ('competencies', milepost.plan_number('{scoring,components,competencies}'),
        case when skills.points > 0 then skills.average end),
      ('breadth', milepost.plan_number('{scoring,components,breadth}'),
        (select 100.0 * used.tools / nullif(jsonb_array_length(document -> 'tools'), 0) from milepost.plan)
          ::double precision),
      ('consistency', milepost.plan_number('{scoring,components,consistency}'),
        -- Of a customer's first two weeks nobody can say whether they come regularly.
        case when age >= 14 then 100.0 * windows.active_weeks / weeks end),
      ('momentum', milepost.plan_number('{scoring,components,momentum}'),
        -- Points a day of the last 28 against those of up to 84 days before, at least 14 of them: 50 is as before.
        case when age >= 41 and points_28 + points_84_before > 0
          then 100.0 * (points_28 / 28.0) / (points_28 / 28.0 + points_84_before / least(84.0, age - 27)) end)
    ) as v(name, weight, value)
    where age >= 0
  ),
  score as (
    select
      -- A score that rests on less than a third of its parts would say more than is known.
      case when sum(weight) filter (where value is not null) >= sum(weight) / 3
        then sum(weight * value) / nullif(sum(weight) filter (where value is not null), 0) end as score,
      coalesce(sum(weight) filter (where value is not null), 0) / nullif(sum(weight), 0) as coverage,
      jsonb_agg(jsonb_build_object('name', name, 'weight', weight, 'value', value,
        'contribution', weight * value / (select nullif(sum(weight) filter (where value is not null), 0) from parts)))
        as components
    from parts
  )
  select skills.scores, score.score, score.coverage, score.components,
    windows.points_28 / 4.0,
    case
      -- Of the 14 days before the last 14, a newer customer was there for a part only.
      when age >= 27 is not true then null
      when points_14 + points_14_before < milepost.plan_number('{scoring,trend_min_points}') then null
      when points_14 > points_14_before * (1 + milepost.plan_number('{scoring,dead_band}')) then 'improving'
      when points_14 < points_14_before * (1 - milepost.plan_number('{scoring,dead_band}')) then 'declining'
      else 'stable'
    end,
    points_14::bigint, points_14_before::bigint, windows.active_weeks,
    -- The plan's figure is for eight weeks; a customer of fewer is held to as large a share of theirs.
    case when age >= 28 then windows.active_weeks < milepost.plan_number('{risk,active_weeks}') * weeks / 8 end,
    case when events_28 >= 10 then low_28 / events_28 > milepost.plan_number('{risk,low_impact_share}') end,
    (low_28 / nullif(events_28, 0))::double precision
  from windows cross join skills cross join score left join beginning on true
$$;

-- The mission's behavior_insights: a view, so that what depends on the clock is true when it is read.
create view public.behavior_insights with (security_invoker = true) as
  select
    s.customer_id,
    i.current_scaling_score,
    i.score_coverage,
    i.systematic_progression_rate,
    i.professional_credibility_trend,
    (i.competencies ->> 'customer_intelligence')::double precision as customer_intelligence_score,
    (i.competencies ->> 'value_communication')::double precision as value_communication_score,
    (i.competencies ->> 'sales_execution')::double precision as sales_execution_score,
    (i.competencies ->> 'systematic_optimization')::double precision as systematic_optimization_score,
    i.competencies as competency_scores,
    i.components as score_components,
    s.total_events,
    s.total_sessions,
    s.total_tool_sessions,
    s.total_exports_generated,
    s.total_resources_created,
    s.total_resources_shared,
    s.total_milestones,
    s.high_impact_events,
    s.medium_impact_events,
    s.low_impact_events,
    s.total_points,
    s.professional_credibility,
    substr(s.current_arr_latest, 57) as current_arr,
    substr(s.target_arr_latest, 57) as target_arr,
    substr(s.growth_stage_latest, 57) as growth_stage,
    s.first_event_at,
    s.last_event_at as last_activity_timestamp,
    s.last_session_at as last_session_timestamp,
    -- An event may be up to 24 hours ahead, where a clock was wrong.
    case when s.last_event_at is not null
      then greatest(0, floor(extract(epoch from now() - s.last_event_at) / 86400))::integer end
      as days_since_last_activity,
    i.active_weeks,
    i.points_last_14_days,
    i.points_14_days_before,
    i.inconsistent_system_usage,
    i.low_business_impact_actions,
    i.low_impact_share,
    '[]'::jsonb as next_recommended_actions,
    s.total_actions,
    s.last_action_at
  from milepost.standing s
  cross join lateral milepost.insights_on(s.customer_id, (now() at time zone 'UTC')::date) as i;

alter table milepost.standing enable row level security, force row level security;
alter table milepost.customer_days enable row level security, force row level security;
alter table milepost.competency_days enable row level security, force row level security;

create policy behavior_insights_own on milepost.standing for select
  using (customer_id = (select milepost.current_customer()));
create policy customer_days_own on milepost.customer_days for select
  using (customer_id = (select milepost.current_customer()));
create policy competency_days_own on milepost.competency_days for select
  using (customer_id = (select milepost.current_customer()));
do $$
declare
  target text;
begin
  foreach target in array array['standing', 'customer_days', 'competency_days'] loop
    execute format('create policy %I on milepost.%I using ((select milepost.is_server()))'
      ' with check ((select milepost.is_server()))', target || '_server', target);
    execute format('revoke all on milepost.%I from public', target);
  end loop;
end $$;

revoke all on public.behavior_insights from public;
