-- Keeps what private outcomes are worth (milepost.private_outcomes) with the actions.
create or replace function milepost.on_private_outcomes() returns trigger
language plpgsql as $$
begin
  if tg_op = 'TRUNCATE' then
    delete from milepost.private_outcomes;
  end if;
  if tg_op in ('UPDATE', 'DELETE') then
    delete from milepost.private_outcomes p using old_actions o where p.action_id = o.action_id and o.private;
  end if;
  if tg_op in ('INSERT', 'UPDATE') then
    insert into milepost.private_outcomes (action_id, customer_id, day, business_impact, competency_mark)
    select action_id, customer_id, ("timestamp" at time zone 'UTC')::date, business_impact, md5(competency_area)
    from new_actions where private and role = 'outcome' and deleted_at is null;
  end if;
  return null;
end $$;

create or replace trigger customer_actions_private_insert after insert on public.customer_actions
  referencing new table as new_actions for each statement execute function milepost.on_private_outcomes();
create or replace trigger customer_actions_private_update after update on public.customer_actions
  referencing old table as old_actions new table as new_actions
  for each statement execute function milepost.on_private_outcomes();
create or replace trigger customer_actions_private_delete after delete on public.customer_actions
  referencing old table as old_actions for each statement execute function milepost.on_private_outcomes();
create or replace trigger customer_actions_private_truncate after truncate on public.customer_actions
  for each statement execute function milepost.on_private_outcomes();
