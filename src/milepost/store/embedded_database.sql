-- What only a superuser sets up, for SQL of the team's own. Loaded by name (embedded_database.py).

-- name: analysts
-- The schema makes the role where it is not there; made here, its right can be given on by who owns the database.
do $$
begin
  if not exists (select from pg_roles where rolname = 'milepost_analyst') then
    create role milepost_analyst nologin;
  end if;
  grant milepost_analyst to milepost with admin option;
end $$

-- name: sql_role
-- Its limits of time and memory are set with each statement; that of the disk only a superuser sets.
do $$
begin
  create role milepost_sql login connection limit 4 in role milepost_analyst;
  alter role milepost_sql set default_transaction_read_only = on;
  alter role milepost_sql set statement_timeout = '60s';
  alter role milepost_sql set temp_file_limit = '1GB';
end $$

-- name: is_open
select has_database_privilege('milepost_sql', current_database(), 'temporary')
  or has_function_privilege('milepost_sql', 'pg_catalog.pg_notify(text, text)', 'execute')

-- name: close
-- What PostgreSQL lets everybody do, and who only reads needs nothing of: fill the disk with temporary tables and large
-- objects, or the log, hold a lock that ingest waits for, wake who listens, sleep.
do $$
declare
  called regprocedure;
begin
  for called in select p.oid from pg_proc p where p.pronamespace = 'pg_catalog'::regnamespace
    and p.proname ~ '^(pg_(try_)?advisory_.*|pg_notify|lo_.*|lowrite|pg_sleep.*|pg_cancel_backend|pg_terminate_backend|pg_logical_emit_message)$'
  loop
    execute format('revoke execute on function %s from public', called);
    execute format('grant execute on function %s to milepost', called);
  end loop;
  execute format('revoke temporary on database %I from public', current_database());
end $$
