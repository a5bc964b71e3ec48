-- A customer's insights on every settled day: as they were written, and the last one as the snapshot has it.
create or replace view reporting.insights as
  select s.customer_id, s.plan_version, s.day, s.score as current_scaling_score,
    s.points_28 / 4.0 as systematic_progression_rate, s.competencies, s.breadth, s.lately, s.consistency, s.recency,
    s.momentum, s.habit, s.outcomes, p.rules -> 'competencies' ->> (s.weakest - 1) as weakest_competency,
    case s.trend when 1 then 'improving' when 0 then 'stable' when -1 then 'declining' end
      as professional_credibility_trend,
    s.inconsistent_system_usage, s.low_business_impact_actions
  from (
    select n.customer_id, d.* from milepost.snapshots n join milepost.insight_days d on d.customer = n.number
    where (d.day, d.plan_version) <> (n.day, n.plan_version)
    union all
    select n.customer_id, d.* from milepost.snapshots n
    cross join lateral milepost.narrow_day(n.number, n.plan_version, n.day, n.current_scaling_score,
      n.score_components, n.systematic_progression_rate, n.professional_credibility_trend,
      n.inconsistent_system_usage, n.low_business_impact_actions, n.weakest_competency) as d) as s
  left join milepost.plans p on p.plan_version = s.plan_version;
