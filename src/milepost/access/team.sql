-- Who is of the team and who is invited. Loaded by name (team.py).

-- name: members
-- Everybody, as they are called.
select member_id, email, name, last_sign_in_at, created_at from milepost.members order by lower(coalesce(name, email)), email

-- name: invitations
-- Open ones, the newest first.
select l.link_id, l.email, l.created_at, l.expires_at, m.email as invited_by
from milepost.sign_in_links l left join milepost.members m on m.member_id = l.invited_by
where l.email is not null and l.used_at is null and l.expires_at > %(now)s
order by l.created_at desc, l.link_id desc

-- name: is_member
select exists (select from milepost.members where email = %(email)s) as there

-- name: invite
-- Nothing where who invites was removed meanwhile.
insert into milepost.sign_in_links as l (token_hash, email, invited_by, created_at, expires_at)
select %(token_hash)s, %(email)s, m.member_id, %(now)s, %(expires_at)s
from milepost.members m where m.member_id = %(invited_by)s
for key share
on conflict (email) where used_at is null do update
  set token_hash = excluded.token_hash, invited_by = excluded.invited_by, created_at = excluded.created_at,
    expires_at = excluded.expires_at, link_id = excluded.link_id

-- name: revoke
delete from milepost.sign_in_links where link_id = %(link_id)s and email is not null and used_at is null

-- name: one
select member_id, email, name, last_sign_in_at, created_at from milepost.members where member_id = %(member_id)s

-- name: hold
-- All members, until the transaction ends: of two who remove each other, one stays.
select member_id, email from milepost.members order by member_id for update

-- name: owned
-- Customers whose owner somebody is at present.
select id from milepost.traits
where kind = 'customer' and name = 'owner' and until is null and jsonb_typeof(value) = 'string'
  and lower(btrim(value #>> '{}')) = %(email)s
order by id

-- name: count_owned
select
  (select count(*) from milepost.traits
    where kind = 'customer' and name = 'owner' and until is null and jsonb_typeof(value) = 'string'
      and lower(btrim(value #>> '{}')) = %(email)s) as customers,
  (select count(*) from milepost.tasks where assignee_id = %(member_id)s and done_at is null) as tasks

-- name: hand_over_tasks
-- Those still to be done; null is nobody.
update milepost.tasks set assignee_id = %(to)s where assignee_id = %(member_id)s and done_at is null

-- name: hand_over_actions
update milepost.recommendation_work set assignee_id = %(to)s where assignee_id = %(member_id)s and ended is null

-- name: remove
-- Sessions and open invitations go with it.
delete from milepost.members where member_id = %(member_id)s
