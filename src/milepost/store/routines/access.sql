-- Last: who may call and read what, when every table and function is there.

-- Functions that change something are the server's; a reader needs only those its views and policies call.
revoke all on all routines in schema milepost from public;
grant execute on all routines in schema milepost to milepost_server;
revoke all on procedure milepost.protect(regclass, boolean) from milepost_server;
revoke all on function milepost.grant_reading(name), milepost.grant_customer(name, text) from milepost_server;
revoke all on function public.cleanup_expired_behavior_events(integer, timestamptz) from public;
grant execute on function public.cleanup_expired_behavior_events(integer, timestamptz) to milepost_server;
revoke all on public.behavior_insights, public.behavior_sessions, milepost.points_ledger, milepost.misplaced from public;
revoke all on function milepost.grant_analysis(name) from milepost_server;
revoke all on all tables in schema reporting from public;

-- Asked in policies of tables that many roles read, those of people among them.
grant execute on function milepost.is_analyst() to public;

-- An analyst reads the views; of what these call, PostgreSQL asks whether who asks may call it.
grant usage on schema reporting, milepost to milepost_analyst;
grant select on all tables in schema reporting to milepost_analyst, milepost_server;
grant usage on schema reporting to milepost_server;
grant select on milepost.plans, milepost.sql_readers to milepost_analyst;
grant execute on function milepost.is_server(), milepost.current_customer(),
  milepost.assigned_customer(), milepost.claimed_customer(), milepost.counts(public.behavior_events),
  milepost.referrer_source(text),
  milepost.narrow_day(integer, integer, date, double precision, jsonb, double precision, text, boolean, boolean, text)
  to milepost_analyst;

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
