-- The version a customer's numbers are of.
create or replace function milepost.plan_of(customer text) returns integer
language sql stable parallel safe as $$
  select coalesce((select plan_version from milepost.standing where customer_id = customer), milepost.current_plan())
$$;
