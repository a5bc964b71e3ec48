-- The customer this transaction reads for: the server's own setting, else a PostgREST or Supabase token.
create or replace function milepost.current_customer() returns text
language sql stable parallel safe as $$
  select coalesce(
    nullif(current_setting('milepost.customer_id', true), ''),
    nullif(current_setting('request.jwt.claims', true), '')::jsonb ->> 'customer_id',
    nullif(current_setting('request.jwt.claims', true), '')::jsonb -> 'app_metadata' ->> 'customer_id',
    nullif(current_setting('request.jwt.claims', true), '')::jsonb ->> 'sub')
$$;
