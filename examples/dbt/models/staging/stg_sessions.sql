-- Every session, summed up.
-- It is written by scripts/write_dbt_sources.py from the data sets' own description.
select
    cast(s."customer_id" as text) as "customer_id",
    cast(s."session_id" as text) as "session_id",
    cast(s."user_id" as text) as "user_id",
    cast(s."started_at" as timestamptz) as "started_at",
    cast(s."ended_at" as timestamptz) as "ended_at",
    cast(s."session_duration" as bigint) as "session_duration",
    cast(s."events_count" as bigint) as "events_count",
    cast(s."tools_accessed" as text) as "tools_accessed",
    cast(s."primary_tool" as text) as "primary_tool",
    cast(s."exports_generated" as bigint) as "exports_generated",
    cast(s."competency_points_earned" as bigint) as "competency_points_earned",
    cast(s."device_type" as text) as "device_type",
    cast(s."browser" as text) as "browser",
    cast(s."referrer_source" as text) as "referrer_source"
from {{ source('milepost', 'sessions') }} as s
