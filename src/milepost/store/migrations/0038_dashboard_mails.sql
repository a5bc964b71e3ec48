-- A member's weekly mail of a dashboard, beside that of their own accounts: each a destination that only they see. It ends
-- with the dashboard, and with the member. Rules: docs/messages.md.

alter table milepost.destinations
  add column dashboard_id uuid references milepost.dashboards (dashboard_id) on delete cascade,
  add constraint destinations_of_a_member check (dashboard_id is null or member_id is not null);
drop index milepost.idx_destinations_member;
create unique index idx_destinations_member on milepost.destinations (member_id, dashboard_id) nulls not distinct
  where member_id is not null;
