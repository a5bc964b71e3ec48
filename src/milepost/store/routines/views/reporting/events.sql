-- Every online event that stands. The casts are for readers that know no domains.
create or replace view reporting.events as
  select e.event_id, e.customer_id::text, e.user_id::text, e.anonymous_id::text, e.session_id::text,
    e.event_type::text, e.event_name::text, e.actor_type::text, e.tool_id::text, e.tool_section::text,
    e.business_impact::text, e.competency_area::text, e.current_arr::text, e.target_arr::text, e.growth_stage::text,
    e.event_metadata, e.session_duration::bigint, e.time_on_page::bigint, e.page_url, e.referrer, e.device_type::text,
    e.browser::text, host(e.ip_address) as ip_address, e."timestamp"::timestamptz, e.received_at,
    e.retention_days::integer, e.anonymized, e.customer_source::text, e.user_source::text, e.sent_user_id::text, e.is_bot
  from public.behavior_events e where e.deleted_at is null;
