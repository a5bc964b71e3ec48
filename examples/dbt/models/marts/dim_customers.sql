-- A customer, and how many people are known of them.
select
    c.customer_id,
    c.name,
    c.traits,
    c.tags,
    coalesce(p.people, 0) as people,
    c.total_events,
    c.total_sessions,
    c.total_points,
    c.total_actions,
    c.first_event_at,
    c.last_event_at,
    {{ utc_day('c.first_event_at') }} as first_event_on,
    {{ utc_day('c.last_event_at') }} as last_event_on,
    c.settled_on,
    c.current_scaling_score,
    c.systematic_progression_rate,
    c.professional_credibility_trend,
    c.competency_scores
from {{ ref('stg_customers') }} as c
left join (
    select customer_id, count(*) as people from {{ ref('dim_people') }} group by customer_id
) as p on p.customer_id = c.customer_id
