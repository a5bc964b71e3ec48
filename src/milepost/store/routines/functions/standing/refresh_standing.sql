-- Writes the totals anew from the days and actions; a customer without any is gone. The rows must be locked. Sessions are
-- not counted here, as a customer may have many: who changes them says by how many.
create or replace function milepost.refresh_standing(customers text[]) returns void
language plpgsql as $$
begin
  update milepost.standing as s set
    first_event_at = d.first_event_at, last_event_at = d.last_event_at, last_session_at = d.last_session_at,
    total_events = coalesce(d.events, 0), total_exports_generated = coalesce(d.exports, 0),
    total_resources_created = coalesce(d.resources_created, 0),
    total_resources_shared = coalesce(d.resources_shared, 0), total_milestones = coalesce(d.milestones, 0),
    high_impact_events = coalesce(d.high_impact, 0), medium_impact_events = coalesce(d.medium_impact, 0),
    low_impact_events = coalesce(d.low_impact, 0), total_points = coalesce(d.points, 0),
    professional_credibility = coalesce(d.credibility, 0), current_arr_latest = d.current_arr_latest,
    target_arr_latest = d.target_arr_latest, growth_stage_latest = d.growth_stage_latest,
    total_actions = a.actions, last_action_at = a.last_action_at
  from unnest(customers) as c(customer_id)
  cross join lateral (
    select min(first_event_at) as first_event_at, max(last_event_at) as last_event_at,
      max(last_session_at) as last_session_at, sum(events) as events, sum(exports) as exports,
      sum(resources_created) as resources_created, sum(resources_shared) as resources_shared,
      sum(milestones) as milestones, sum(high_impact) as high_impact, sum(medium_impact) as medium_impact,
      sum(low_impact) as low_impact, sum(points) as points, sum(credibility) as credibility,
      max(current_arr_latest collate "C") as current_arr_latest, max(target_arr_latest collate "C") as target_arr_latest,
      max(growth_stage_latest collate "C") as growth_stage_latest
    from milepost.customer_days where customer_id = c.customer_id) as d
  cross join lateral (
    select count(*) as actions, max("timestamp") as last_action_at
    from public.customer_actions where customer_id = c.customer_id and deleted_at is null) as a
  where s.customer_id = c.customer_id;
  perform milepost.forget_customers(customers);
end $$;
