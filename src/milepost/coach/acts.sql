-- What the team does about a recommendation. Its customer's standing is held while it is done, as marks do.

-- name: held
select r.recommendation_id, r.closed_at is null and r.expires_at > %(now)s as open, r.expires_at, w.assignee_id,
  w.snoozed_until, w.ended
from milepost.recommendations r left join milepost.recommendation_work w using (recommendation_id)
where r.recommendation_id = %(recommendation_id)s and r.customer_id = %(customer_id)s and not r.held_out

-- name: member
-- Whoever removes a member waits until it is assigned, and hands it over then.
select member_id from milepost.members where email = %(whom)s for key share

-- name: begin
insert into milepost.recommendation_work (recommendation_id) values (%(recommendation_id)s) on conflict do nothing

-- name: assign
update milepost.recommendation_work
set assignee_id = %(member_id)s
where recommendation_id = %(recommendation_id)s and assignee_id is distinct from %(member_id)s::uuid

-- name: snooze
update milepost.recommendation_work set snoozed_until = %(until)s
where recommendation_id = %(recommendation_id)s and snoozed_until is distinct from %(until)s::date

-- name: last_until
-- It is there when it comes back: it runs on until then, and some days longer.
update milepost.recommendations set expires_at = greatest(expires_at, %(stays)s)
where recommendation_id = %(recommendation_id)s

-- name: end
update milepost.recommendation_work set ended = %(ended)s, ended_at = %(now)s, ended_by = %(by)s, why = %(why)s,
  note = %(note)s, snoozed_until = null
where recommendation_id = %(recommendation_id)s and ended is null

-- name: reopen
update milepost.recommendation_work set ended = null, ended_at = null, ended_by = null, why = null, note = null
where recommendation_id = %(recommendation_id)s and ended is not null

-- name: note
-- For the account's timeline.
insert into milepost.recommendation_acts (recommendation_id, customer_id, act, at, by, whom, until, why, note)
values (%(recommendation_id)s, %(customer_id)s, %(act)s, %(now)s, %(by)s, %(whom)s, %(until)s, %(why)s, %(note)s)
