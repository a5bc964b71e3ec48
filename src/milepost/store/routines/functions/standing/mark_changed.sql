-- Marks customers as changed from a day on; their rows must be locked.
create or replace function milepost.mark_changed(customers text[], days date[]) returns void
language sql as $$
  update milepost.standing s
    set unsettled = true, changes = s.changes + 1, changed_from = least(s.changed_from, c.day)
  from (select customer_id, min(day) as day from unnest(customers, days) as k(customer_id, day) group by 1) as c
  where s.customer_id = c.customer_id
$$;
