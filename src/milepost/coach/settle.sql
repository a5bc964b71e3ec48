-- What settling keeps of the coach. Loaded by name (settle.py).

-- name: history
-- What was made for these customers before. What the team dismissed is not asked for again as soon, as what the customer did.
select r.customer_id, r.playbook, r.asks_for, r.made_at,
  coalesce(r.dismissed_at, w.ended_at) as dismissed_at, r.closed_at is null, r.held_out
from milepost.recommendations r
left join milepost.recommendation_work w on w.recommendation_id = r.recommendation_id and w.ended = 'dismissed'
where r.customer_id = any (%(customers)s)

-- name: members
-- Who of a batch is in a segment.
select s.customer_id from milepost.standing s where s.customer_id = any (%(customers)s) and {within}

-- name: withdraw
-- Ends what is open, not accepted, and asked for by a playbook that no longer applies: it runs out now.
update milepost.recommendations r set expires_at = greatest(%(now)s, r.made_at), closed_at = greatest(%(now)s, r.made_at),
  state = 'expired'
from unnest(%(customers)s::text[], %(playbooks)s::text[]) as g(customer_id, playbook)
where r.customer_id = g.customer_id and r.playbook = g.playbook and r.source = 'playbook' and r.closed_at is null
  and r.accepted_at is null;

-- name: about
-- The seed of the hold-out, and whether somebody listens.
select hold_out_seed::text, milepost.is_wanted('recommendation.made') from milepost.coach

-- name: made_today
-- How many of a playbook were made today for everybody.
select playbook, count(*) from milepost.recommendations
where made_at >= %(today)s::timestamp at time zone 'UTC' and made_at < (%(today)s + 1)::timestamp at time zone 'UTC'
  and playbook = any (%(playbooks)s) and not held_out
group by 1

-- name: learned
-- What was learned that surely went together. Where those who did it moved up less often all the same, and only the
-- comparison of like with like is for it, the numbers would advise against it.
select * from milepost.coach_learned
where low > 0 and did_moved_up * did_not > did_not_moved_up * did order by low desc, step

-- name: insert
-- Stores what was made, and what tells of it.
with made as (
  insert into milepost.recommendations (customer_id, source, playbook, asks_for, plan_version, rank, title, action,
    tool_id, competency, url, reason, evidence, held_out, is_first, done_type, done_tool, done_section, made_at,
    expires_at)
  select m.customer_id, m.source, m.playbook, m.asks_for, %(plan_version)s, m.rank, m.title, m.action, m.tool_id,
    m.competency, m.url, m.reason, m.evidence, m.held_out, m.is_first, m.done_type, m.done_tool, m.done_section, %(now)s,
    %(expires_at)s
  from jsonb_to_recordset(%(made)s::jsonb) as m(customer_id text, source text, playbook text, asks_for text,
    rank float8, title text, action text, tool_id text, competency text, url text, reason text, evidence jsonb,
    held_out boolean, is_first boolean, done_type text, done_tool text, done_section text)
  returning *
),
-- A customer has one of a playbook at a time, or one of what was learned.
for_team as (
  insert into milepost.recommendation_work (recommendation_id, action, reason, words)
  select made.recommendation_id, m.team ->> 'action', m.team ->> 'reason', m.team ->> 'words'
  from made join jsonb_to_recordset(%(made)s::jsonb) as m(customer_id text, playbook text, team jsonb)
    using (customer_id, playbook)
  where not made.held_out
),
announced as (
  insert into milepost.announcements (at, kind, customer_id, body)
  select made_at, 'recommendation', customer_id, jsonb_build_object('title', title, 'text', action)
  from made where not held_out
)
select * from made where not held_out

-- name: tell
select milepost.tell('recommendation.made', %(customer_id)s, %(playbook)s, %(data)s::jsonb, %(now)s, %(recommendation_id)s)
