-- What a customer did on a UTC day; days without an event have no row.
select
    customer_id,
    event_on as day,
    count(*) as events,
    count(distinct case when actor_type = 'person' then user_id end) as people,
    count(distinct session_id) as sessions,
    count(distinct tool_id) as tools,
    sum(case when business_impact = 'high' then 1 else 0 end) as high_impact_events,
    sum(case when actor_type <> 'person' then 1 else 0 end) as software_events,
    min(event_at) as first_event_at,
    max(event_at) as last_event_at
from {{ ref('fct_events') }}
group by customer_id, event_on
