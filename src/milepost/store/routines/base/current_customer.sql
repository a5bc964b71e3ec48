-- The customer this transaction reads for. Settings count for the server and for a gateway, which signs in as one role
-- and reads as another; a role that reads as it signed in has the customer that is fixed for it, or none. Parsed when it
-- is made (return, not a string), so that nobody's search path has other functions or operators for it.
create or replace function milepost.current_customer() returns text
language sql stable parallel safe
return case
  when pg_has_role(session_user, 'milepost_server', 'member') then milepost.claimed_customer()
  when session_user = current_user then milepost.assigned_customer()
  else coalesce(milepost.assigned_customer(), milepost.claimed_customer())
end;
