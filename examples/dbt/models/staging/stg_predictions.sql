-- How likely each of the plan's targets is for each customer, or the score expected, as last predicted.
-- It is written by scripts/write_dbt_sources.py from the data sets' own description.
select
    cast(s."target" as text) as "target",
    cast(s."customer_id" as text) as "customer_id",
    cast(s."as_of" as date) as "as_of",
    cast(s."probability" as double precision) as "probability",
    cast(s."reasons" as text) as "reasons",
    cast(s."model_id" as bigint) as "model_id",
    cast(s."model_trained_at" as timestamptz) as "model_trained_at",
    cast(s."score" as double precision) as "score",
    cast(s."low" as double precision) as "low",
    cast(s."high" as double precision) as "high"
from {{ source('milepost', 'predictions') }} as s
