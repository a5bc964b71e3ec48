-- A customer's insights on every settled day, the last one included.
-- It is written by scripts/write_dbt_sources.py from the data sets' own description.
select
    cast(s."customer_id" as text) as "customer_id",
    cast(s."plan_version" as bigint) as "plan_version",
    cast(s."day" as date) as "day",
    cast(s."current_scaling_score" as double precision) as "current_scaling_score",
    cast(s."systematic_progression_rate" as double precision) as "systematic_progression_rate",
    cast(s."competencies" as double precision) as "competencies",
    cast(s."breadth" as double precision) as "breadth",
    cast(s."lately" as double precision) as "lately",
    cast(s."consistency" as double precision) as "consistency",
    cast(s."recency" as double precision) as "recency",
    cast(s."momentum" as double precision) as "momentum",
    cast(s."habit" as double precision) as "habit",
    cast(s."outcomes" as double precision) as "outcomes",
    cast(s."weakest_competency" as text) as "weakest_competency",
    cast(s."professional_credibility_trend" as text) as "professional_credibility_trend",
    cast(s."inconsistent_system_usage" as boolean) as "inconsistent_system_usage",
    cast(s."low_business_impact_actions" as boolean) as "low_business_impact_actions"
from {{ source('milepost', 'insights') }} as s
