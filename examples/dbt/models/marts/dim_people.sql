-- Everybody of whom something was told, and everybody who did something.
with acted as (
    select
        user_id,
        count(*) as total_events,
        min(event_at) as first_event_at,
        max(event_at) as last_event_at
    from {{ ref('fct_events') }}
    where user_id is not null
    group by user_id
),

-- For whom they acted last: that is their customer where no `group` says so.
acted_for as (
    select user_id, customer_id
    from (
        select
            user_id,
            customer_id,
            row_number() over (partition by user_id order by event_at desc, event_id desc) as place
        from {{ ref('fct_events') }}
        where user_id is not null
    ) as e
    where place = 1
)

select
    coalesce(p.user_id, a.user_id) as user_id,
    coalesce(p.customer_id, f.customer_id) as customer_id,
    p.name,
    p.traits,
    p.user_id is not null as is_told_of,
    coalesce(a.total_events, 0) as total_events,
    a.first_event_at,
    a.last_event_at
from {{ ref('stg_people') }} as p
full outer join acted as a on a.user_id = p.user_id
left join acted_for as f on f.user_id = a.user_id
