-- Locks the customers' standing in one order, so that two writers cannot lock each other out. What is added to them is
-- worked out afterwards: a customer's plan version changes under this lock too.
create or replace function milepost.lock_standing(customers text[]) returns void
language plpgsql set plan_cache_mode = force_generic_plan set enable_seqscan = off as $$
declare
  wanted constant bigint := (select count(distinct c) from unnest(customers) as c);
  locked bigint;
begin
  loop
    perform from milepost.standing where customer_id = any (customers) order by customer_id for no key update;
    get diagnostics locked = row_count;
    exit when locked >= wanted;
    -- Fewer: some are new, or went with their last event while we waited for them.
    insert into milepost.standing (customer_id) select distinct c from unnest(customers) as c order by 1
      on conflict do nothing;
  end loop;
end $$;
