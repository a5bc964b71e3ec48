-- What an event adds, by its customer's plan version: one row, or none where the event does not count.
create or replace function milepost.contribution(e public.behavior_events) returns setof milepost.contributed
language sql stable parallel safe as $$
  select
    (e).customer_id, (e).session_id, (e)."timestamp",
    ((e)."timestamp" at time zone 'UTC')::date, (e).tool_id, (e).competency_area,
    -- Answering a recommendation is worth nothing by itself: what it asks for is.
    case when (e).event_metadata ? 'recommendation_id' then 0 else coalesce(p.points, 0) end,
    case when (e).event_type = 'competency_milestone'
      then milepost.small_number((e).event_metadata -> 'professional_credibility') else 0 end,
    ((e).event_type = 'export_action')::integer,
    ((e).event_type = 'resource_generation' and (e).event_metadata -> 'success' is distinct from 'false'::jsonb)::integer,
    ((e).event_type = 'resource_share')::integer,
    ((e).event_type = 'competency_milestone')::integer,
    ((e).business_impact = 'high')::integer,
    ((e).business_impact = 'medium')::integer,
    ((e).business_impact = 'low')::integer,
    case when (e).current_arr is not null or (e).target_arr is not null or (e).growth_stage is not null
      then to_char((e)."timestamp" at time zone 'UTC', 'YYYYMMDDHH24MISSUS') || (e).event_id::text end,
    (e).current_arr, (e).target_arr, (e).growth_stage
  from (select) as one
  left join milepost.standing s on s.customer_id = (e).customer_id
  left join milepost.plan_points p on p.plan_version = s.plan_version
    and p.event_type = (e).event_type and p.impact = (e).business_impact
  where milepost.counts(e)
$$;
