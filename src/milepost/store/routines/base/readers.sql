-- The roles that read as a customer does: ours, and a Supabase or PostgREST host's.
create or replace function milepost.readers() returns setof name
language sql stable as $$
  select rolname from pg_roles where rolname in ('milepost_reader', 'authenticated')
$$;
