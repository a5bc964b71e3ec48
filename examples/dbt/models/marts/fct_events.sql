-- An event that counts: crawlers' are in stg_events alone. On PostgreSQL it is a view, so that nothing is kept twice.
{{ config(materialized = 'view' if target.type == 'postgres' else 'table') }}

select
    event_id,
    customer_id,
    user_id,
    session_id,
    "timestamp" as event_at,
    {{ utc_day('"timestamp"') }} as event_on,
    event_type,
    event_name,
    actor_type,
    tool_id,
    tool_section,
    competency_area,
    business_impact,
    time_on_page,
    page_url,
    referrer,
    device_type,
    browser,
    event_metadata,
    received_at
from {{ ref('stg_events') }}
where not is_bot
