-- A member's weekly mail: a destination of their own, which only they see. Rules: docs/messages.md.

alter table milepost.destinations add column member_id uuid references milepost.members (member_id) on delete cascade;
create unique index idx_destinations_member on milepost.destinations (member_id) where member_id is not null;
