-- Whose rows the role reads that signed in, where that was fixed for it (milepost.grant_customer). SET ROLE does not
-- change who signed in. Nothing here is looked up in a search path: who asks may have one of their own.
create or replace function milepost.assigned_customer() returns text
language sql stable parallel safe as $$
  select r.customer_id from milepost.sql_readers r where r.role_name operator(pg_catalog.=) session_user
$$;
