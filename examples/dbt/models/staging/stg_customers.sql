-- Every customer that has a name, a trait, an event or an offline action, as they are now.
-- It is written by scripts/write_dbt_sources.py from the data sets' own description.
select
    cast(s."customer_id" as text) as "customer_id",
    cast(s."name" as text) as "name",
    cast(s."traits" as text) as "traits",
    cast(s."tags" as text) as "tags",
    cast(s."total_events" as bigint) as "total_events",
    cast(s."total_sessions" as bigint) as "total_sessions",
    cast(s."total_points" as bigint) as "total_points",
    cast(s."total_actions" as bigint) as "total_actions",
    cast(s."first_event_at" as timestamptz) as "first_event_at",
    cast(s."last_event_at" as timestamptz) as "last_event_at",
    cast(s."settled_on" as date) as "settled_on",
    cast(s."current_scaling_score" as double precision) as "current_scaling_score",
    cast(s."systematic_progression_rate" as double precision) as "systematic_progression_rate",
    cast(s."professional_credibility_trend" as text) as "professional_credibility_trend",
    cast(s."competency_scores" as text) as "competency_scores"
from {{ source('milepost', 'customers') }} as s
