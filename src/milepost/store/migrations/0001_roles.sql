-- Who reads and writes. The server's tables are the server's alone; a customer reads its own rows of some.

-- Roles belong to the whole cluster, so another database may have made them already.
do $$
begin
  create role milepost_server nologin;
exception when duplicate_object or unique_violation then null;
end $$;
do $$
begin
  create role milepost_reader nologin;
exception when duplicate_object or unique_violation then null;
end $$;
do $$
declare
  wanted text;
begin
  foreach wanted in array array['milepost_server', 'milepost_reader'] loop
    -- An owner who is in the role already may lack the right to grant it: another database's owner made it.
    if not pg_has_role(current_user, wanted, 'member') then
      execute format('grant %I to %I', wanted, current_user);
    end if;
  end loop;
end $$;
