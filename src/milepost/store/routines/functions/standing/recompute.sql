-- Builds everything about these customers anew from their events and private outcomes, day by day, so that memory stays
-- bounded.
create or replace function milepost.recompute(customers text[]) returns void
language plpgsql as $$
declare
  one text;
  slice record;
begin
  perform milepost.lock_standing(customers);
  perform milepost.mark_changed(customers, array_fill('0001-01-01'::date, array[cardinality(customers)]));
  delete from milepost.customer_days where customer_id = any (customers);
  delete from milepost.competency_days where customer_id = any (customers);
  delete from milepost.sessions where customer_id = any (customers);
  foreach one in array customers loop
    for slice in
      select array_agg(c) as batch from public.behavior_events e cross join lateral milepost.contribution(e) as c
      where e.customer_id = one group by c.day
    loop
      perform milepost.fold_days(slice.batch);
      perform milepost.fold_sessions(slice.batch);
    end loop;
  end loop;
  update milepost.standing as s set
    total_sessions = (select count(*) from milepost.sessions b where b.customer_id = s.customer_id),
    total_tool_sessions = (select count(*) from milepost.sessions b
      where b.customer_id = s.customer_id and b.tools <> '{}')
  where s.customer_id = any (customers);
  delete from milepost.private_outcomes where customer_id = any (customers);
  insert into milepost.private_outcomes (action_id, customer_id, day, business_impact, competency_mark)
  select action_id, customer_id, ("timestamp" at time zone 'UTC')::date, business_impact, md5(competency_area)
  from public.customer_actions
  where customer_id = any (customers) and private and role = 'outcome' and deleted_at is null;
  perform milepost.refresh_standing(customers);
end $$;
