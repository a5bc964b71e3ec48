-- The team by name: who is invited, where somebody is signed in.

alter table milepost.members add column name text check (length(name) between 1 and 100);

-- What a member signed in with, as "Firefox on Linux"; null where it was not told.
alter table milepost.member_sessions add column browser text check (length(browser) between 1 and 200);
create index idx_member_sessions_member on milepost.member_sessions (member_id);

-- An invitation is a link for one address, which makes a new member and never changes one that is there; without an
-- address it is whoever's the server's operator gave it to. Whoever is removed takes their open invitations along.
alter table milepost.sign_in_links
  add column link_id uuid not null default milepost.uuid7() unique,
  add column email text check (email = lower(email) and length(email) between 3 and 320),
  add column invited_by uuid references milepost.members (member_id) on delete cascade;
-- One open invitation an address: a second one takes the first one's place.
create unique index idx_sign_in_links_email on milepost.sign_in_links (email) where used_at is null;
create index idx_sign_in_links_invited_by on milepost.sign_in_links (invited_by) where invited_by is not null;
