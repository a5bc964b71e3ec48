-- Every session, summed up. As public.behavior_sessions, which reads with the rights of who asks, as this does not.
create or replace view reporting.sessions as
  select
    s.customer_id,
    s.session_id,
    (select e.user_id::text from public.behavior_events e
      where e.session_id = s.session_id and e.customer_id = s.customer_id and milepost.counts(e)
        and e.user_id is not null order by e.event_id limit 1) as user_id,
    s.started_at,
    s.ended_at,
    (extract(epoch from s.ended_at - s.started_at) * 1000)::bigint as session_duration,
    s.events as events_count,
    to_json(s.tools) as tools_accessed,
    case when cardinality(s.tools) < 2 then s.tools[1] else (
      select e.tool_id from public.behavior_events e
      where e.session_id = s.session_id and e.customer_id = s.customer_id and milepost.counts(e)
        and e.tool_id is not null
      group by 1 order by count(*) desc, e.tool_id collate "C" limit 1) end as primary_tool,
    s.exports as exports_generated,
    s.points as competency_points_earned,
    landing.device_type::text,
    landing.browser::text,
    milepost.referrer_source(landing.referrer) as referrer_source
  from milepost.sessions s
  left join lateral (
    select e.device_type, e.browser, e.referrer from public.behavior_events e
    where e.session_id = s.session_id and e.customer_id = s.customer_id and milepost.counts(e)
      and (e.device_type is not null or e.browser is not null or e.referrer is not null)
    order by e.event_id limit 1) as landing on true;
