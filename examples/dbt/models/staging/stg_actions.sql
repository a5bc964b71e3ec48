-- Every offline action: calls, workshops, deals.
-- It is written by scripts/write_dbt_sources.py from the data sets' own description.
select
    cast(s."action_id" as text) as "action_id",
    cast(s."customer_id" as text) as "customer_id",
    cast(s."user_id" as text) as "user_id",
    cast(s."action_type" as text) as "action_type",
    cast(s."role" as text) as "role",
    cast(s."description" as text) as "description",
    cast(s."competency_area" as text) as "competency_area",
    cast(s."business_impact" as text) as "business_impact",
    cast(s."value" as double precision) as "value",
    cast(s."currency" as text) as "currency",
    cast(s."action_metadata" as text) as "action_metadata",
    cast(s."source" as text) as "source",
    cast(s."timestamp" as timestamptz) as "timestamp",
    cast(s."received_at" as timestamptz) as "received_at",
    cast(s."private" as boolean) as "private"
from {{ source('milepost', 'actions') }} as s
