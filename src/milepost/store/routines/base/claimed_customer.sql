-- The customer that the transaction's settings name: the server's own, else a PostgREST or Supabase token. Anybody who
-- runs SQL of their own can set them, so who may ask for this is current_customer's to say.
create or replace function milepost.claimed_customer() returns text
language sql stable parallel safe
return coalesce(
  nullif(current_setting('milepost.customer_id', true), ''),
  nullif(current_setting('request.jwt.claims', true), '')::jsonb ->> 'customer_id',
  nullif(current_setting('request.jwt.claims', true), '')::jsonb -> 'app_metadata' ->> 'customer_id',
  nullif(current_setting('request.jwt.claims', true), '')::jsonb ->> 'sub');
