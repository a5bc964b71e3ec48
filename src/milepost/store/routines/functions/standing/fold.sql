-- Adds a batch of new events to everything: the one place where an event becomes standing. The rows must be locked.
create or replace function milepost.fold(batch milepost.contributed[]) returns void
language plpgsql set plan_cache_mode = force_generic_plan set enable_seqscan = off as $$
begin
  update milepost.standing as s set
    first_event_at = least(s.first_event_at, n.first_event_at),
    last_event_at = greatest(s.last_event_at, n.last_event_at),
    last_session_at = greatest(s.last_session_at, n.last_session_at),
    total_events = s.total_events + n.events,
    total_sessions = s.total_sessions + coalesce(m.new_sessions, 0),
    total_tool_sessions = s.total_tool_sessions + coalesce(m.new_tool_sessions, 0),
    total_exports_generated = s.total_exports_generated + n.exports,
    total_resources_created = s.total_resources_created + n.resources_created,
    total_resources_shared = s.total_resources_shared + n.resources_shared,
    total_milestones = s.total_milestones + n.milestones,
    high_impact_events = s.high_impact_events + n.high_impact,
    medium_impact_events = s.medium_impact_events + n.medium_impact,
    low_impact_events = s.low_impact_events + n.low_impact,
    total_points = s.total_points + n.points,
    professional_credibility = s.professional_credibility + n.credibility,
    current_arr_latest = greatest(s.current_arr_latest collate "C", n.current_arr_latest),
    target_arr_latest = greatest(s.target_arr_latest collate "C", n.target_arr_latest),
    growth_stage_latest = greatest(s.growth_stage_latest collate "C", n.growth_stage_latest),
    unsettled = true, changes = s.changes + 1, changed_from = least(s.changed_from, n.first_day)
  from milepost.fold_days(batch) as n left join milepost.fold_sessions(batch) as m using (customer_id)
  where s.customer_id = n.customer_id;
end $$;
