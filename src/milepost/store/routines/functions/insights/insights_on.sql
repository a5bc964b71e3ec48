-- Everything about a customer that depends on the day it is asked for. Null means: not enough data.
create or replace function milepost.insights_on(customer text, as_of date)
returns table (
  competencies jsonb, current_scaling_score double precision, score_coverage double precision, components jsonb,
  systematic_progression_rate double precision, professional_credibility_trend text,
  points_last_14_days bigint, points_14_days_before bigint, active_weeks integer,
  inconsistent_system_usage boolean, low_business_impact_actions boolean, low_impact_share double precision)
language sql stable as $$
  select i.competencies, i.current_scaling_score, i.score_coverage, i.components, i.systematic_progression_rate,
    i.professional_credibility_trend, i.points_last_14_days, i.points_14_days_before, i.active_weeks,
    i.inconsistent_system_usage, i.low_business_impact_actions, i.low_impact_share
  from milepost.insights_days(customer, array[as_of]) as i
$$;
