-- A recommendation, and what came of it.
with judged as (
    select
        *,
        case
            when state in ('done', 'dismissed') then state
            when team_ended is not null then 'team_' || team_ended
            when state = 'expired' or expires_at <= {{ moment() }} then 'expired'
            else 'open'
        end as outcome
    from {{ ref('stg_recommendations') }}
)

select
    recommendation_id,
    customer_id,
    source,
    playbook,
    plan_version,
    rank,
    title,
    tool_id,
    competency,
    held_out,
    state,
    outcome,
    -- As its customer sees it: what the team has done stays there until it runs out.
    not held_out and closed_at is null and expires_at > {{ moment() }} as is_open,
    made_at,
    {{ utc_day('made_at') }} as made_on,
    shown_at,
    accepted_at,
    done_at,
    closed_at,
    {{ utc_day('closed_at') }} - {{ utc_day('made_at') }} as days_until_closed,
    points_before,
    points_after,
    points_after - points_before as points_more,
    moved_up,
    assignee,
    team_ended_at,
    team_why
from judged
