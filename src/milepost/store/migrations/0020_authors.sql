-- Who of the team recorded an offline action by hand, and who changed it last. That is the team's own business: it
-- stands in a table of its own, as customers may read their actions.
create table milepost.action_authors (
  action_id uuid primary key references public.customer_actions on delete cascade,
  -- The e-mail address at that time. Null: before this was kept.
  recorded_by text,
  changed_by text,
  changed_at timestamptz
);
comment on table milepost.action_authors is 'Who of the team recorded and changed an offline action by hand.';

revoke all on milepost.action_authors from public;
alter table milepost.action_authors enable row level security, force row level security;
create policy action_authors_server on milepost.action_authors using ((select milepost.is_server()));
