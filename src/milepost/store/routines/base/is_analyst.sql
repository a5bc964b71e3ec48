-- True for whoever may read the views of the schema reporting, which read as their owner but for row level security.
-- Parsed when it is made, as milepost.is_server.
create or replace function milepost.is_analyst() returns boolean
language sql stable parallel safe
return pg_has_role(current_user, 'milepost_analyst', 'member');
