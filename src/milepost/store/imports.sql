-- Which imports are under way. Loaded by name (imports.py).

-- name: begin
-- After whoever settles at this moment has ended: what comes after this sees it.
with settled as materialized (select pg_advisory_xact_lock(hashtext('milepost.settle')) as at)
insert into milepost.imports (import_id, what, begun_at, alive_until)
select %(import_id)s, %(what)s, clock_timestamp(), clock_timestamp() + %(lease)s from settled

-- name: go_on
-- It is alive; also where it was given up, as its machine slept.
insert into milepost.imports (import_id, what, begun_at, alive_until)
values (%(import_id)s, %(what)s, clock_timestamp(), clock_timestamp() + %(lease)s)
on conflict (import_id) do update set alive_until = excluded.alive_until

-- name: end
delete from milepost.imports where import_id = %(import_id)s

-- name: give_up
-- Those that give no sign of life any more.
delete from milepost.imports where alive_until <= clock_timestamp() returning what, begun_at

-- name: count
select count(*) as imports from milepost.imports where alive_until > now()
