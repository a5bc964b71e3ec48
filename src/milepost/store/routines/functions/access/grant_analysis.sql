-- Lets a role that people or a BI tool sign in with read the schema reporting: all customers, and nothing else. The limits
-- are its defaults, which a session of its own may set back.
create or replace function milepost.grant_analysis(analyst name) returns void
language plpgsql as $$
declare
  role pg_roles := (select r from pg_roles r where r.rolname = analyst);
begin
  if role.rolname is null then
    raise exception 'There is no role %. Make it first: create role % login.', quote_ident(analyst), quote_ident(analyst);
  elsif role.rolsuper or role.rolbypassrls or pg_has_role(role.oid, 'milepost_server', 'member') then
    raise exception '% passes every policy: give analysts a role of their own.', quote_ident(analyst);
  end if;
  execute format('grant milepost_analyst to %I', analyst);
  begin
    execute format('alter role %I set default_transaction_read_only = on', analyst);
    execute format('alter role %I set statement_timeout = ''60s''', analyst);
    execute format('alter role %I set idle_in_transaction_session_timeout = ''60s''', analyst);
    execute format('alter role %I set timezone = ''UTC''', analyst);
    execute format('alter role %I set search_path = reporting', analyst);
  exception when insufficient_privilege then
    -- Since PostgreSQL 16 that is for who made the role, or a superuser.
    raise warning '% reads the schema reporting now, but without limits: call this as who made the role, too.',
      quote_ident(analyst);
  end;
end $$;
