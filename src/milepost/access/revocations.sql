-- name: revoke_token
-- Once is enough: what was revoked before stays as it was noted.
insert into milepost.token_revocations (token_id, revoked_by) values (%(token_id)s, %(revoked_by)s)
on conflict (token_id) do update set token_id = excluded.token_id
returning token_id, customer_id, revoked_at, revoked_by

-- name: revoke_customer
-- By the clock, not by the transaction's beginning, and never back.
insert into milepost.token_revocations as r (customer_id, revoked_at, revoked_by)
values (%(customer_id)s, clock_timestamp(), %(revoked_by)s)
on conflict (customer_id) do update
  set revoked_at = greatest(r.revoked_at, excluded.revoked_at), revoked_by = excluded.revoked_by
returning token_id, customer_id, revoked_at, revoked_by

-- name: clock
select now() as now

-- name: all
select token_id, customer_id, revoked_at from milepost.token_revocations

-- name: since
-- And of a minute before: a commit may come later than its time.
select token_id, customer_id, revoked_at from milepost.token_revocations
where revoked_at > %(since)s - interval '1 minute'

-- name: list
select revocation_id, token_id, customer_id, revoked_at, revoked_by from milepost.token_revocations
where %(at)s::timestamptz is null or (revoked_at, revocation_id) < (%(at)s::timestamptz, %(id)s::uuid)
order by revoked_at desc, revocation_id desc limit %(limit)s
