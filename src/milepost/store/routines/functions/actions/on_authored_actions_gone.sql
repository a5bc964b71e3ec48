-- They go with their actions. A foreign key would do that too, but nobody could truncate the actions any more.
create or replace function milepost.on_authored_actions_gone() returns trigger
language plpgsql as $$
begin
  if tg_op = 'TRUNCATE' then
    delete from milepost.action_authors;
  else
    delete from milepost.action_authors a using old_actions o where a.action_id = o.action_id;
  end if;
  return null;
end $$;

create or replace trigger customer_actions_authors_delete after delete on public.customer_actions
  referencing old table as old_actions for each statement execute function milepost.on_authored_actions_gone();
create or replace trigger customer_actions_authors_truncate after truncate on public.customer_actions
  for each statement execute function milepost.on_authored_actions_gone();
