-- The customer an event may be counted for that a public key sends: the one it names, where its user is known at no other;
-- else that other one, or null where the user's ties say which.
create or replace function milepost.claimed_customer(customer text, user_id text, anonymous text) returns text
language plpgsql stable as $$
declare
  who constant text := milepost.final_user(coalesce(user_id, milepost.user_of('anonymous', anonymous)));
  known constant text[] := milepost.customers_of(who);
begin
  if who is null or known = '{}' or customer = any (known) then
    return customer;
  end if;
  return case when milepost.customer_of('user', who, 'infinity') is null then known[1] end;
end $$;
