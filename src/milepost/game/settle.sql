-- Brings what is kept of these customers' game up to what their days say, and writes only what differs. Loaded by name
-- (settle.py).

-- name: awards
-- Badges they earned and badges that are no longer earned; the others stay as they are. An event that came late can
-- move the day of a badge that is there already.
with earned as materialized (
  select b.customer_id, b.badge_id, b.earned_on
  from milepost.badges_of(%(customers)s::text[], %(today)s::date) as b where b.earned_on is not null
),
withdrawn as (
  delete from milepost.badge_awards a
  where a.customer_id = any (%(customers)s::text[])
    and not exists (select from earned e where e.customer_id = a.customer_id and e.badge_id = a.badge_id)
  returning a.customer_id, a.badge_id
),
moved as (
  update milepost.badge_awards a set earned_on = e.earned_on from earned e
  where a.customer_id = e.customer_id and a.badge_id = e.badge_id and a.earned_on <> e.earned_on
),
made as (
  insert into milepost.badge_awards (customer_id, badge_id, earned_on, awarded_at)
  select e.customer_id, e.badge_id, e.earned_on, %(now)s::timestamptz from earned e
  where not exists (
    select from milepost.badge_awards a where a.customer_id = e.customer_id and a.badge_id = e.badge_id)
  order by 1, 2
  on conflict do nothing
  returning customer_id, badge_id, earned_on
)
select customer_id, badge_id, null::date as earned_on from withdrawn
union all
select customer_id, badge_id, earned_on from made
order by 1, 2

-- name: standing
-- Their points, levels and streaks as of today. Answers each level that is another than before, with the day on which
-- it was reached; null where it was not reached but lost.
with levels as materialized (
  select l.customer_id, l.competency, l.level, l.reached_on
  from milepost.levels_of(%(customers)s::text[], %(today)s::date) as l where l.level > 0
),
before as materialized (
  select n.customer_id, x.competency, x.level::integer as level
  from milepost.snapshots n cross join lateral jsonb_each_text(n.levels) as x(competency, level)
  where n.customer_id = any (%(customers)s::text[])
),
derived as (
  select s.customer_id, coalesce(p.points, 0) as points, coalesce(l.levels, '{}') as levels, b.badges, s.weeks,
    s.longest, s.state
  from milepost.streaks_of(%(customers)s::text[], %(today)s::date) as s
  left join (
    select d.customer_id, sum(d.points) as points from milepost.customer_days d
    where d.customer_id = any (%(customers)s::text[]) and d.day <= %(today)s::date group by 1) as p using (customer_id)
  left join (
    select customer_id, jsonb_object_agg(competency, level) as levels from levels group by 1) as l using (customer_id)
  cross join lateral (
    select count(*) as badges from milepost.badge_awards a where a.customer_id = s.customer_id) as b
),
stored as (
  update milepost.snapshots n set points = d.points, levels = d.levels, badges = d.badges, streak_weeks = d.weeks,
    streak_longest = d.longest, streak_state = d.state
  from derived d
  where n.customer_id = d.customer_id
    and (n.points, n.levels, n.badges, n.streak_weeks, n.streak_longest, n.streak_state)
      is distinct from (d.points, d.levels, d.badges, d.weeks, d.longest, d.state)
)
select coalesce(l.customer_id, b.customer_id) as customer_id, coalesce(l.competency, b.competency) as competency,
  coalesce(l.level, 0) as level, case when l.level > coalesce(b.level, 0) then l.reached_on end as reached_on
from levels l full join before b on b.customer_id = l.customer_id and b.competency = l.competency
where l.level is distinct from b.level
order by 1, 2

-- name: announce
-- Tells the live feed.
insert into milepost.announcements (at, kind, customer_id, body)
values (%(now)s, %(kind)s, %(customer_id)s, %(body)s)

-- name: wanted
select t from unnest(array['badge.earned', 'level.reached']) as t where milepost.is_wanted(t)

-- name: tell
-- Tells whoever wants messages of it.
select milepost.tell(%(topic)s, %(customer_id)s, %(about)s, %(body)s, %(now)s) where milepost.room_for(%(topic)s, %(now)s) > 0

-- name: tell_milestones
-- Milestones of a day that came since somebody wants to know, each once.
select milepost.tell('milestone.reached', m.customer_id, m.event_id::text, m.data, %(now)s)
from (
  select e.customer_id, e.event_id, jsonb_build_object(
    'event_id', e.event_id, 'event_name', e.event_name, 'competency', e.competency_area, 'tool_id', e.tool_id,
    'description', e.event_metadata ->> 'milestone_description', 'at', e."timestamp") as data
  from public.behavior_events e
  where e.customer_id = any (%(customers)s::text[]) and e."timestamp" > %(since)s and e.event_type = 'competency_milestone'
    and e.deleted_at is null
    and e.received_at > (select min(d.made_at) from milepost.destinations d
      where d.disabled_at is null and 'milestone.reached' = any (d.topics))
    and not exists (select from milepost.messages m where m.customer_id = e.customer_id
      and m.topic = 'milestone.reached' and m.about = e.event_id::text)
  order by e.received_at limit milepost.room_for('milestone.reached', %(now)s)) as m

-- name: unsay_badges
-- Takes back what was announced of badges that are no longer there.
delete from milepost.announcements n using unnest(%(customers)s::text[], %(badges)s::text[]) as w(customer_id, badge_id)
where n.customer_id = w.customer_id and n.kind = 'badge' and n.body ->> 'badge_id' = w.badge_id

-- name: unsay_levels
-- Takes back what was announced of levels above the one a customer has now.
delete from milepost.announcements n
using unnest(%(customers)s::text[], %(competencies)s::text[], %(levels)s::integer[]) as w(customer_id, competency, level)
where n.customer_id = w.customer_id and n.kind = 'level' and n.body ->> 'competency' = w.competency
  and (n.body ->> 'level')::integer > w.level

-- name: unsend_badges
-- Nor is it sent any more.
delete from milepost.deliveries d using milepost.messages m, unnest(%(customers)s::text[], %(badges)s::text[]) as w(customer_id, badge_id)
where d.next_try_at is not null and m.message_id = d.message_id and m.topic = 'badge.earned'
  and m.customer_id = w.customer_id and m.about = w.badge_id

-- name: unsend_levels
delete from milepost.deliveries d using milepost.messages m,
  unnest(%(customers)s::text[], %(competencies)s::text[], %(levels)s::integer[]) as w(customer_id, competency, level)
where d.next_try_at is not null and m.message_id = d.message_id and m.topic = 'level.reached'
  and m.customer_id = w.customer_id and m.body::jsonb #>> '{data,competency}' = w.competency
  and (m.body::jsonb #>> '{data,level}')::integer > w.level
