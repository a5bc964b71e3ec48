-- Whether events are moving away from a customer, so that its days and sessions have yet to be counted anew.
create or replace function milepost.is_left(customer text) returns boolean
language sql stable as $$
  select exists (select from milepost.leavings l where l.customer_id = customer)
$$;
