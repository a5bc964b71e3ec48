-- What surrounds an analyst's statement. Loaded by name (running.py).

-- name: role
select r.rolname::text, r.rolsuper or r.rolbypassrls or pg_has_role(current_user, 'milepost_server', 'member'),
  coalesce((select pg_has_role(current_user, a.oid, 'member') from pg_roles a where a.rolname = 'milepost_analyst'), false)
from pg_roles r where r.rolname = current_user

-- name: begin
begin transaction isolation level repeatable read read only

-- name: limits
select set_config('statement_timeout', %(milliseconds)s, true), set_config('lock_timeout', '2s', true),
  set_config('work_mem', '32MB', true), set_config('search_path', 'reporting', true),
  set_config('max_parallel_workers_per_gather', '1', true)
