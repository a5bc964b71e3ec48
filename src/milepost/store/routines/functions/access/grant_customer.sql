-- Lets a role that people sign in with read one customer by SQL of their own, whatever they set: the customer is kept
-- where only the server writes.
create or replace function milepost.grant_customer(reader name, customer text) returns void
language plpgsql as $$
declare
  role pg_roles := (select r from pg_roles r where r.rolname = reader);
begin
  if role.rolname is null then
    raise exception 'There is no role %. Make it first: create role % login.', quote_ident(reader), quote_ident(reader);
  elsif not role.rolcanlogin then
    raise exception 'Nobody signs in as %: it is the role that signs in whose customer counts.', quote_ident(reader);
  elsif role.rolsuper or role.rolbypassrls or pg_has_role(role.oid, 'milepost_server', 'member') then
    raise exception '% passes every policy: give people a role of their own.', quote_ident(reader);
  end if;
  insert into milepost.sql_readers (role_name, customer_id) values (reader, customer)
  on conflict (role_name) do update set customer_id = excluded.customer_id;
  perform milepost.grant_reading(reader);
end $$;
