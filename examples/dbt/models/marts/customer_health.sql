-- A customer at a glance, as of the moment of the run.
with score_then as (
    select customer_id, score
    from (
        select
            customer_id,
            score,
            row_number() over (partition by customer_id order by day desc) as place
        from {{ ref('fct_score_history') }}
        where day <= {{ today() }} - 28
    ) as h
    where place = 1
),

active as (
    select customer_id, count(*) as active_days_28, sum(events) as events_28
    from {{ ref('fct_customer_days') }}
    where day > {{ today() }} - 28 and day <= {{ today() }}
    group by customer_id
),

open as (
    select customer_id, count(*) as open_recommendations
    from {{ ref('fct_recommendations') }}
    where is_open
    group by customer_id
),

predicted as (
    select
        customer_id,
        {%- for target in predicted_targets() %}
        max(case when target = '{{ target }}' then probability end) as {{ adapter.quote('prediction_' ~ target) }},
        {%- endfor %}
        max(as_of) as predicted_on
    from {{ ref('stg_predictions') }}
    group by customer_id
)

select
    c.customer_id,
    c.name,
    c.current_scaling_score as score,
    t.score as score_28_days_ago,
    c.current_scaling_score - t.score as score_change_28,
    c.professional_credibility_trend as trend,
    {{ today() }} - c.last_event_on as days_since_last_event,
    coalesce(a.active_days_28, 0) as active_days_28,
    coalesce(a.events_28, 0) as events_28,
    coalesce(o.open_recommendations, 0) as open_recommendations,
    {%- for target in predicted_targets() %}
    p.{{ adapter.quote('prediction_' ~ target) }},
    {%- endfor %}
    p.predicted_on,
    {{ today() }} as as_of
from {{ ref('dim_customers') }} as c
left join score_then as t on t.customer_id = c.customer_id
left join active as a on a.customer_id = c.customer_id
left join open as o on o.customer_id = c.customer_id
left join predicted as p on p.customer_id = c.customer_id
