-- A session.
select
    customer_id,
    session_id,
    user_id,
    started_at,
    ended_at,
    {{ utc_day('started_at') }} as started_on,
    session_duration / 60000.0 as minutes,
    events_count,
    primary_tool,
    tools_accessed,
    exports_generated,
    competency_points_earned,
    device_type,
    browser,
    referrer_source
from {{ ref('stg_sessions') }}
