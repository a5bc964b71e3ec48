-- A recommendation's life, derived from stored events and marks alone. docs/coach.md has the rules in words.

-- name: derive
-- Writes the life and the outcome of all recommendations of these customers, where they differ from what is stored.
with mine as materialized (
  select r.*, (r.made_at at time zone 'UTC')::date as made_on from milepost.recommendations r
  where r.customer_id = any (%(customers)s)
),
said as (
  -- In a customer's own events, never in another's; of a held out one nobody can say anything.
  select m.recommendation_id, e.event_metadata ->> 'recommendation' as word, greatest(e."timestamp", m.made_at) as at,
    e.event_id
  from public.behavior_events e
  join mine m on m.customer_id = e.customer_id and not m.held_out
    and m.recommendation_id::text = lower(e.event_metadata ->> 'recommendation_id')
  where e.customer_id = any (%(customers)s) and e.event_metadata ? 'recommendation_id' and milepost.counts(e)
    and e.event_metadata ->> 'recommendation' in ('shown', 'accepted', 'dismissed', 'done')
  union all
  select m.recommendation_id, k.mark, greatest(k.at, m.made_at), null
  from mine m join milepost.recommendation_marks k using (recommendation_id) where not m.held_out
),
words as (
  select s.recommendation_id, min(s.at) as any_at, min(s.at) filter (where s.word = 'accepted') as accepted_at,
    min(s.at) filter (where s.word = 'dismissed') as dismissed_at, min(s.at) filter (where s.word = 'done') as done_at
  from said s join mine m using (recommendation_id) where s.at < m.expires_at group by 1
),
acts as (
  -- The first thing done that is what it asks for. What an event says of a recommendation is no use of a tool.
  select m.recommendation_id, d.at, d.event_id from mine m cross join lateral (
    select e."timestamp" as at, e.event_id from public.behavior_events e
    where e.customer_id = m.customer_id and e."timestamp" > m.made_at and e."timestamp" < m.expires_at
      and milepost.counts(e) and not e.event_metadata ? 'recommendation_id'
      and (m.done_type is null or e.event_type = m.done_type)
      and (m.done_tool is null or e.tool_id = m.done_tool)
      and (m.done_section is null or e.tool_section = m.done_section)
      and not (e.event_type = 'resource_generation' and e.event_metadata -> 'success' is not distinct from 'false'::jsonb)
    order by e."timestamp", e.event_id limit 1) as d
  where m.done_type is not null or m.done_tool is not null or m.done_section is not null
),
ends as (
  select m.recommendation_id, m.made_on, m.expires_at, w.any_at, w.accepted_at, w.dismissed_at,
    least(w.done_at, a.at) as done_at,
    -- By which event: the one that was, or that said so at, the first moment.
    case when a.at is not null and (w.done_at is null or a.at <= w.done_at) then a.event_id
      else (select s.event_id from said s where s.recommendation_id = m.recommendation_id and s.word = 'done'
        and s.at = w.done_at order by s.event_id nulls last limit 1) end as done_by,
    -- What the team dismissed runs out for its customer at that moment.
    least(w.dismissed_at, w.done_at, a.at, t.ended_at, case when m.expires_at <= %(now)s then m.expires_at end)
      as closed_at
  from mine m left join words w using (recommendation_id) left join acts a using (recommendation_id)
  left join milepost.recommendation_work t on t.recommendation_id = m.recommendation_id and t.ended = 'dismissed'
),
hints as (
  -- Points of events about recommendations: whoever gets one would have more of them for that alone.
  select e.customer_id, c.day, sum(c.points) as points
  from public.behavior_events e cross join lateral milepost.contribution(e) as c
  where e.customer_id = any (%(customers)s) and e.event_metadata ? 'recommendation_id'
  group by 1, 2
),
points as (
  select m.recommendation_id, (d.before - coalesce(h.before, 0))::bigint as before,
    (d.after - coalesce(h.after, 0))::bigint as after
  from mine m
  cross join lateral (
    select coalesce(sum(points) filter (where day <= m.made_on), 0) as before,
      coalesce(sum(points) filter (where day > m.made_on), 0) as after
    from milepost.customer_days where customer_id = m.customer_id
      and day > m.made_on - %(measure_days)s and day <= m.made_on + %(measure_days)s) as d
  cross join lateral (
    select sum(points) filter (where day <= m.made_on) as before, sum(points) filter (where day > m.made_on) as after
    from hints where customer_id = m.customer_id
      and day > m.made_on - %(measure_days)s and day <= m.made_on + %(measure_days)s) as h
  where m.made_on + %(measure_days)s < %(today)s
),
life as (
  -- Whatever closes it first decides; what is said after that changes nothing.
  select e.recommendation_id,
    case when e.any_at <= coalesce(e.closed_at, 'infinity') then e.any_at end as shown_at,
    case when e.accepted_at <= coalesce(e.closed_at, 'infinity') then e.accepted_at end as accepted_at,
    case when e.dismissed_at = e.closed_at and e.done_at is distinct from e.closed_at then e.dismissed_at end
      as dismissed_at,
    case when e.done_at = e.closed_at then e.done_at end as done_at,
    case when e.done_at = e.closed_at then e.done_by end as done_by,
    case when e.done_at = e.closed_at then 'done'
      when e.dismissed_at = e.closed_at then 'dismissed'
      when e.closed_at is not null then 'expired'
      when e.accepted_at is not null then 'accepted'
      when e.any_at is not null then 'shown'
      else 'made' end as state,
    e.closed_at, p.before as points_before, p.after as points_after,
    p.after > p.before * (1 + %(moved_up_share)s::float8) and p.after - p.before >= %(moved_up_points)s as moved_up
  from ends e left join points p using (recommendation_id)
)
update milepost.recommendations r set shown_at = l.shown_at, accepted_at = l.accepted_at,
  dismissed_at = l.dismissed_at, done_at = l.done_at, done_by = l.done_by, state = l.state, closed_at = l.closed_at,
  points_before = l.points_before, points_after = l.points_after, moved_up = l.moved_up
from life l
where r.recommendation_id = l.recommendation_id
  and (r.shown_at, r.accepted_at, r.dismissed_at, r.done_at, r.done_by, r.state, r.closed_at, r.points_before,
    r.points_after, r.moved_up) is distinct from (l.shown_at, l.accepted_at, l.dismissed_at, l.done_at, l.done_by,
    l.state, l.closed_at, l.points_before, l.points_after, l.moved_up)

-- name: still_there
select 1 from milepost.standing where customer_id = %(customer_id)s for no key update

-- name: mark
-- Notes what was said by hand, once.
insert into milepost.recommendation_marks (recommendation_id, mark, at, made_by)
select recommendation_id, %(mark)s, %(now)s, %(by)s from milepost.recommendations
where recommendation_id = %(recommendation_id)s and customer_id = %(customer_id)s and not held_out
  and closed_at is null and expires_at > %(now)s
on conflict do nothing

-- name: unsettle
-- What depends on it is settled anew; a settling under way comes again.
update milepost.standing set unsettled = true, changes = changes + 1 where customer_id = %(customer_id)s
