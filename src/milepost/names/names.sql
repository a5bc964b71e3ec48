-- Names of events. Loaded by name (names.py).

-- name: list
-- Every name, with how often it was sent and when last; the unmapped and frequent first.
select n.name, n.label, n.hidden, n.event_type as type, n.tool_id as tool, n.competency_area as competency,
  n.business_impact as impact, n.by_hand, n.mapped_by, n.mapped_at, n.first_seen_at, n.changed as following
from milepost.event_names n
where %(like)s::text is null or n.name ilike %(like)s or n.label ilike %(like)s
order by (n.event_type is null) desc, lower(coalesce(n.label, n.name)), n.name
limit %(limit)s;

-- name: map
-- Says what a name means; whether that is something else than before.
select milepost.map_name(%(name)s, %(type)s, %(tool)s, %(competency)s, %(impact)s, %(by)s) as changed;

-- name: show
-- What the team calls a name, and whether it is left out of pickers.
update milepost.event_names set label = %(label)s, hidden = %(hidden)s where name = %(name)s;

-- name: one
select n.name, n.label, n.hidden, n.event_type as type, n.tool_id as tool, n.competency_area as competency,
  n.business_impact as impact, n.by_hand, n.mapped_by, n.mapped_at, n.first_seen_at, n.changed as following
from milepost.event_names n where n.name = %(name)s;

-- name: by_rule
-- Leaves a name to the plan's rules again.
update milepost.event_names set by_hand = false where name = %(name)s;
