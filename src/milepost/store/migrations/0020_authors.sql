-- Who of the team recorded an offline action by hand, and who changed it last. That is the team's own business: it
-- stands in a table of its own, as customers may read their actions.
create table milepost.action_authors (
  action_id uuid primary key,
  -- The e-mail address at that time. Null: before this was kept.
  recorded_by text,
  changed_by text,
  changed_at timestamptz
);
comment on table milepost.action_authors is 'Who of the team recorded and changed an offline action by hand.';

revoke all on milepost.action_authors from public;
alter table milepost.action_authors enable row level security, force row level security;
create policy action_authors_server on milepost.action_authors using ((select milepost.is_server()));

-- They go with their actions. A foreign key would do that too, but nobody could truncate the actions any more.
create function milepost.on_authored_actions_gone() returns trigger
language plpgsql as $$
begin
  if tg_op = 'TRUNCATE' then
    delete from milepost.action_authors;
  else
    delete from milepost.action_authors a using old_actions o where a.action_id = o.action_id;
  end if;
  return null;
end $$;
create trigger customer_actions_authors_delete after delete on public.customer_actions
  referencing old table as old_actions for each statement execute function milepost.on_authored_actions_gone();
create trigger customer_actions_authors_truncate after truncate on public.customer_actions
  for each statement execute function milepost.on_authored_actions_gone();
revoke all on function milepost.on_authored_actions_gone() from public;
grant execute on function milepost.on_authored_actions_gone() to milepost_server;
