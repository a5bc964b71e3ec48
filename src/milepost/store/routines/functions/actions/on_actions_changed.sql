-- Offline actions are few: their customers' totals are counted anew.
create or replace function milepost.on_actions_changed() returns trigger
language plpgsql as $$
declare
  customers text[];
  days date[];
begin
  if tg_op = 'TRUNCATE' then
    select array_agg(customer_id), array_agg('0001-01-01'::date) into customers, days
      from milepost.standing where total_actions > 0;
  elsif tg_op = 'INSERT' then
    select array_agg(customer_id), array_agg(("timestamp" at time zone 'UTC')::date) into customers, days
      from new_actions;
  elsif tg_op = 'DELETE' then
    select array_agg(customer_id), array_agg(("timestamp" at time zone 'UTC')::date) into customers, days
      from old_actions;
  else
    select array_agg(customer_id), array_agg(day) into customers, days from (
      select customer_id, ("timestamp" at time zone 'UTC')::date as day from old_actions
      union select customer_id, ("timestamp" at time zone 'UTC')::date from new_actions) as both_sides;
  end if;
  if customers is not null then
    perform milepost.lock_standing(customers);
    perform milepost.mark_changed(customers, days);
    update milepost.standing as s set total_actions = a.actions, last_action_at = a.last_action_at
    from (select distinct customer_id from unnest(customers) as c(customer_id)) as c cross join lateral (
      select count(*) as actions, max("timestamp") as last_action_at from public.customer_actions
      where customer_id = c.customer_id and deleted_at is null) as a
    where s.customer_id = c.customer_id;
    perform milepost.forget_customers(customers);
  end if;
  return null;
end $$;

create or replace trigger customer_actions_insert after insert on public.customer_actions
  referencing new table as new_actions for each statement execute function milepost.on_actions_changed();
create or replace trigger customer_actions_update after update on public.customer_actions
  referencing old table as old_actions new table as new_actions
  for each statement execute function milepost.on_actions_changed();
create or replace trigger customer_actions_delete after delete on public.customer_actions
  referencing old table as old_actions for each statement execute function milepost.on_actions_changed();
create or replace trigger customer_actions_truncate after truncate on public.customer_actions
  for each statement execute function milepost.on_actions_changed();
