-- Deletes those of the customers of whom nothing is left. Their rows must be locked (`lock_standing`). Of whom sessions
-- stand that have yet to be counted anew (`recount_left`), the row stays until then: it knows how many they are.
create or replace function milepost.forget_customers(customers text[]) returns void
language plpgsql as $$
begin
  perform from milepost.standing
    where customer_id = any (customers) and total_events = 0 and total_actions = 0 and total_sessions = 0 and not pinned
    order by customer_id for update;
  if found then
    delete from milepost.standing
      where customer_id = any (customers) and total_events = 0 and total_actions = 0 and total_sessions = 0
        and not pinned;
  end if;
end $$;
