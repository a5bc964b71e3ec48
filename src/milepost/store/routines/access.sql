-- Last: who may call and read what, when every table and function is there.

-- Functions that change something are the server's; a reader needs only those its views and policies call.
revoke all on all routines in schema milepost from public;
grant execute on all routines in schema milepost to milepost_server;
revoke all on procedure milepost.protect(regclass, boolean) from milepost_server;
revoke all on function milepost.grant_reading(name), milepost.grant_customer(name, text) from milepost_server;
revoke all on function public.cleanup_expired_behavior_events(integer, timestamptz) from public;
grant execute on function public.cleanup_expired_behavior_events(integer, timestamptz) to milepost_server;
revoke all on public.behavior_insights, public.behavior_sessions, milepost.points_ledger, milepost.misplaced from public;

-- Supabase and PostgREST hosts grant everything on new things in `public` to their roles: that is taken back.
do $$
declare
  host_role name;
begin
  for host_role in select rolname from pg_roles where rolname in ('anon', 'authenticated') loop
    execute format('revoke all on public.behavior_events, public.behavior_sessions, public.behavior_insights,'
      ' public.customer_actions from %I', host_role);
    execute format('revoke all on function public.cleanup_expired_behavior_events(integer, timestamptz) from %I',
      host_role);
  end loop;
end $$;

-- Our own role and a host's signed-in role read as a customer does. Granted to each directly: there it inherits nothing.
select milepost.grant_reading(reader) from milepost.readers() as reader;
