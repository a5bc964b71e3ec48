-- A customer's insights: a view, so that what depends on the clock is true when it is read.
create or replace view public.behavior_insights with (security_invoker = true) as
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
    milepost.next_actions(s.customer_id) as next_recommended_actions,
    s.total_actions,
    s.last_action_at
  from milepost.standing s
  cross join lateral milepost.insights_on(s.customer_id, (now() at time zone 'UTC')::date) as i;
