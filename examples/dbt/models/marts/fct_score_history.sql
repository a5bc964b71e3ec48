-- A customer's score at the end of a day, by the newest version of the plan that has this day.
with newest as (
    select *, row_number() over (partition by customer_id, day order by plan_version desc) as place
    from {{ ref('stg_insights') }}
)

select
    customer_id,
    day,
    plan_version,
    current_scaling_score as score,
    current_scaling_score - lag(current_scaling_score) over (partition by customer_id order by day) as score_change,
    systematic_progression_rate,
    professional_credibility_trend as trend,
    weakest_competency,
    inconsistent_system_usage,
    low_business_impact_actions
from newest
where place = 1
