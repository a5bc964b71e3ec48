-- name: any
select exists (select from milepost.members) as any

-- name: make_link
insert into milepost.sign_in_links (token_hash, expires_at) values (%(token_hash)s, %(expires_at)s)

-- name: find_link
-- A link that was not used and is not too old; `email` is whom it invites, null where it is anybody's.
select email from milepost.sign_in_links
where token_hash = %(token_hash)s and used_at is null and expires_at > %(now)s

-- name: use_link
update milepost.sign_in_links set used_at = %(now)s
where token_hash = %(token_hash)s and used_at is null and expires_at > %(now)s
returning email

-- name: forget_links
delete from milepost.sign_in_links where expires_at < %(now)s - interval '7 days'

-- name: save_member
-- The member with that address; whoever holds the operator's link may set the password anew.
insert into milepost.members as m (email, password_hash, last_sign_in_at, name)
values (%(email)s, %(password_hash)s, %(now)s, %(name)s)
on conflict (email) do update set password_hash = excluded.password_hash, last_sign_in_at = excluded.last_sign_in_at
returning member_id, email, left(encode(sha256(convert_to(m.password_hash, 'UTF8')), 'hex'), 16) as password_mark

-- name: add_member
-- Nothing where somebody has that address already: an invitation takes nobody's account over.
insert into milepost.members as m (email, password_hash, last_sign_in_at, name)
values (%(email)s, %(password_hash)s, %(now)s, %(name)s)
on conflict (email) do nothing
returning member_id, email, left(encode(sha256(convert_to(m.password_hash, 'UTF8')), 'hex'), 16) as password_mark

-- name: find_member
select member_id, email, password_hash from milepost.members where email = %(email)s

-- name: by_session
-- Whose session it is, if it has not ended, and what the team is called, by address.
select s.session_id, m.member_id, m.email, m.name,
  left(encode(sha256(convert_to(m.password_hash, 'UTF8')), 'hex'), 16) as password_mark,
  (select coalesce(jsonb_object_agg(t.email, t.name), '{}') from milepost.members t where t.name is not null) as names
from milepost.member_sessions s join milepost.members m using (member_id)
where s.session_id = %(session_id)s and s.started_at > %(now)s - interval '30 days'

-- name: start_session
insert into milepost.member_sessions (member_id, started_at, browser) values (%(member_id)s, %(now)s, %(browser)s)
returning session_id

-- name: end_session
delete from milepost.member_sessions where session_id = %(session_id)s

-- name: end_sessions
-- All of a member's but the one to keep, which is null for none.
delete from milepost.member_sessions
where member_id = %(member_id)s and session_id is distinct from %(keep)s::uuid

-- name: sessions
-- A member's other sessions, the newest first.
select started_at, browser from milepost.member_sessions
where member_id = %(member_id)s and session_id <> %(session_id)s and started_at > %(now)s - interval '30 days'
order by started_at desc, session_id desc

-- name: forget_sessions
delete from milepost.member_sessions where started_at <= %(now)s - interval '30 days'

-- name: signed_in
-- Nothing where the password was changed since it was read.
update milepost.members set last_sign_in_at = %(now)s, password_hash = coalesce(%(password_hash)s, password_hash)
where member_id = %(member_id)s and password_hash = %(was)s
returning member_id, email, left(encode(sha256(convert_to(password_hash, 'UTF8')), 'hex'), 16) as password_mark

-- name: call
update milepost.members set name = %(name)s where member_id = %(member_id)s

-- name: password_of
select password_hash from milepost.members where member_id = %(member_id)s

-- name: set_password
-- Nothing where it was changed since it was read.
update milepost.members set password_hash = %(password_hash)s
where member_id = %(member_id)s and password_hash = %(was)s
returning member_id, email, left(encode(sha256(convert_to(password_hash, 'UTF8')), 'hex'), 16) as password_mark
