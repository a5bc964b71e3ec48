-- name: any
select exists (select from milepost.members) as any

-- name: make_link
insert into milepost.sign_in_links (token_hash, expires_at) values (%(token_hash)s, %(expires_at)s)

-- name: find_link
-- A link that was not used and is not too old.
select created_at from milepost.sign_in_links
where token_hash = %(token_hash)s and used_at is null and expires_at > %(now)s

-- name: use_link
update milepost.sign_in_links set used_at = %(now)s
where token_hash = %(token_hash)s and used_at is null and expires_at > %(now)s

-- name: forget_links
delete from milepost.sign_in_links where expires_at < %(now)s - interval '7 days'

-- name: save_member
-- The member with that address; whoever holds a one-time link may set the password anew.
insert into milepost.members as m (email, password_hash, last_sign_in_at)
values (%(email)s, %(password_hash)s, %(now)s)
on conflict (email) do update set password_hash = excluded.password_hash, last_sign_in_at = excluded.last_sign_in_at
returning member_id, email, left(encode(sha256(convert_to(m.password_hash, 'UTF8')), 'hex'), 16) as password_mark

-- name: find_member
select member_id, email, password_hash from milepost.members where email = %(email)s

-- name: by_session
-- Whose session it is, if it has not ended.
select member_id, email, left(encode(sha256(convert_to(password_hash, 'UTF8')), 'hex'), 16) as password_mark
from milepost.member_sessions join milepost.members using (member_id)
where session_id = %(session_id)s and started_at > %(now)s - interval '30 days'

-- name: start_session
insert into milepost.member_sessions (member_id, started_at) values (%(member_id)s, %(now)s) returning session_id

-- name: end_session
delete from milepost.member_sessions where session_id = %(session_id)s

-- name: forget_sessions
delete from milepost.member_sessions where started_at <= %(now)s - interval '30 days'

-- name: signed_in
update milepost.members set last_sign_in_at = %(now)s, password_hash = coalesce(%(password_hash)s, password_hash)
where member_id = %(member_id)s
returning member_id, email, left(encode(sha256(convert_to(password_hash, 'UTF8')), 'hex'), 16) as password_mark
