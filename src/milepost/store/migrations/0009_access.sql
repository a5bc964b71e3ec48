-- Last: who may call what, when every table and function is there.

-- Functions that change something are the server's; a reader needs only those its views and policies call.
revoke all on all functions in schema milepost from public;
revoke all on function public.cleanup_expired_behavior_events(integer, timestamptz) from public;
grant execute on all functions in schema milepost to milepost_server;
grant execute on function public.cleanup_expired_behavior_events(integer, timestamptz) to milepost_server;

-- Gives a role what a customer's reading needs; row level security says which rows that are.
create function milepost.grant_reading(reader name) returns void
language plpgsql as $$
begin
  execute format('grant usage on schema milepost, public to %I', reader);
  execute format('grant select on public.behavior_events, public.behavior_sessions, public.behavior_insights,'
    ' public.customer_actions, milepost.standing, milepost.customer_days, milepost.competency_days, milepost.customers,'
    ' milepost.plan to %I', reader);
  execute format('grant execute on function milepost.current_customer(), milepost.is_server(),'
    ' milepost.plan_number(text[]), milepost.competency_scores(text, date), milepost.insights_on(text, date)'
    ' to %I', reader);
end $$;
revoke all on function milepost.grant_reading(name) from public;
select milepost.grant_reading('milepost_reader');

-- Supabase and PostgREST hosts grant everything on new things in `public` to their roles: that is taken back. Their
-- signed-in role reads as a customer does and writes nothing. Granted to it directly: there it inherits nothing.
do $$
declare
  host_role text;
begin
  for host_role in select rolname from pg_roles where rolname in ('anon', 'authenticated') loop
    execute format('revoke all on public.behavior_events, public.behavior_sessions, public.behavior_insights,'
      ' public.customer_actions from %I', host_role);
    execute format('revoke all on function public.cleanup_expired_behavior_events(integer, timestamptz) from %I',
      host_role);
    if host_role = 'authenticated' then
      perform milepost.grant_reading('authenticated');
    end if;
  end loop;
end $$;

select milepost.ensure_partitions((now() - interval '13 months')::date, (now() + interval '3 months')::date);
