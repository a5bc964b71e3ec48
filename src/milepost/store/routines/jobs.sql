-- Procrastinate's tables: its functions find them whatever the caller's search_path is, and nobody but the server may
-- use any of it.
do $$
declare
  it record;
begin
  for it in select p.oid::regprocedure as name from pg_proc p where p.pronamespace = 'milepost_jobs'::regnamespace loop
    execute format('alter function %s set search_path = milepost_jobs, pg_temp', it.name);
    execute format('revoke all on function %s from public', it.name);
  end loop;
  for it in select c.oid::regclass as name from pg_class c
      where c.relnamespace = 'milepost_jobs'::regnamespace and c.relkind = 'r' loop
    execute format('revoke all on %s from public', it.name);
  end loop;
end $$;
