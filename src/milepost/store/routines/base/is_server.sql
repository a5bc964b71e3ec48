-- True for Milepost itself, false for a reader, who has put that role aside.
create or replace function milepost.is_server() returns boolean
language sql stable parallel safe as $$
  select pg_has_role(current_user, 'milepost_server', 'member')
$$;
