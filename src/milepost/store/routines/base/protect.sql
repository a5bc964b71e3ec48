-- Closes a table to everybody but the server, on hosts that grant to everyone by default too; with `customers_read`, a
-- customer reads its own rows. Only the server has a policy to write, so that a host that grants everything on new
-- tables to its own roles (Supabase does) still lets no customer write or delete.
create or replace procedure milepost.protect(target regclass, customers_read boolean default false)
language plpgsql as $$
declare
  name constant text := (select relname from pg_class where oid = target);
begin
  execute format('revoke all on %s from public', target);
  execute format('alter table %s enable row level security, force row level security', target);
  execute format('create policy %I on %s using ((select milepost.is_server()))', name || '_server', target);
  if customers_read then
    execute format('create policy %I on %s for select using (customer_id = (select milepost.current_customer()))',
      name || '_own', target);
  end if;
end $$;
