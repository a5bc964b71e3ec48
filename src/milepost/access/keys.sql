-- name: valid
-- Every valid key: there are as many as a team makes.
select key_hash, key_id, kind, name, signed_only from milepost.keys where revoked_at is null

-- name: used
-- Remembers that a key was used, at most once a minute whichever server asks.
update milepost.keys set last_used_at = now()
where key_hash = %(key_hash)s and (last_used_at is null or last_used_at < now() - interval '1 minute')

-- name: create
insert into milepost.keys (kind, name, key_hash, prefix, public_key, signed_only, created_by)
values (%(kind)s, %(name)s, %(key_hash)s, %(prefix)s, %(public_key)s, %(signed_only)s, %(created_by)s)
on conflict (key_hash) do nothing

-- name: list
-- All keys, the newest first; revoked ones last.
select key_id, kind, name, prefix, public_key, signed_only, created_at, created_by, last_used_at, revoked_at
from milepost.keys order by revoked_at is not null, created_at desc

-- name: revoke
update milepost.keys set revoked_at = now() where key_id = %(key_id)s and revoked_at is null

-- name: first_browser_key
-- The browser key to show a newcomer.
select public_key from milepost.keys where kind = 'browser' and revoked_at is null order by created_at limit 1
