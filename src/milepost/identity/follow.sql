-- Events that follow a tie or its undoing. Loaded by name (follow.py).

-- name: list
-- The ids that stand for those that a tie concerns are looked at too.
select milepost.list_followings();

-- name: begin
-- In a transaction of its own: its number is greater than that of any that may still store by the ties of before.
select milepost.begin_followings();

-- name: ready
-- Ids whose next events can be looked at, those of few events first. A look begins when everybody sees the tie.
select kind, id from milepost.followings
where behind is not null and (after is not null or behind <= pg_snapshot_xmin(pg_current_snapshot()))
order by looked_at, since limit %(most)s;

-- name: follow
-- Looks at an id's next events, and moves those that are another's now.
select looked, moved from milepost.follow(%(kind)s, %(id)s, %(most)s);

-- name: recount
-- Counts anew some of what a customer's moved events have left behind; 0 when there is nothing.
select milepost.recount_left(%(most)s);

-- name: follow_names
-- Makes some stored events what their name means now; 0 when no name waits.
select coalesce(milepost.follow_names(%(most)s), 0);

-- name: misnamed
-- Events that are not what their name means, of names that nothing waits for.
select count(*) from public.behavior_events e join milepost.event_names n on n.name = e.event_name
cross join lateral milepost.filled_in(e.event_name, e.filled, e.event_type, e.tool_id, e.tool_section,
  e.competency_area, e.business_impact, e.event_metadata) as f
where e.filled <> 0 and not n.changed
  and (e.event_type, e.tool_id, e.competency_area, e.business_impact)
    is distinct from (f.of_type, f.of_tool, f.of_competency, f.of_impact);

-- name: waiting
-- How far it is: ids, events looked at and moved of those ids, days and sessions to be counted anew, and since when.
select count(*) as ids, coalesce(sum(looked_at), 0)::bigint as looked_at, coalesce(sum(moved), 0)::bigint as moved,
  (select count(*) from milepost.leavings) as to_recount, min(since) as since
from milepost.followings;

-- name: misplaced
-- Events that are not whose the ties say.
select coalesce(sum(events), 0)::bigint as misplaced from milepost.misplaced;

-- name: look_again
-- Has the ids of such events looked at again.
select milepost.follow_later(case when sent_user is null then 'anonymous' else 'user' end, coalesce(sent_user, anonymous_id))
from (select distinct sent_user, anonymous_id from milepost.misplaced) as m
where coalesce(sent_user, anonymous_id) is not null;
