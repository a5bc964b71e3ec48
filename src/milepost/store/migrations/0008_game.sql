-- The game: badges, who is on the leaderboard, and what is announced; milepost.snapshots has the rest. All of it is
-- derived from the days that events keep, so that no retry books anything twice and an erased event takes with it what
-- it earned. Rules: docs/game.md.

-- A row a badge that a customer has; gone when it is no longer earned. awarded_at: when it was first seen to be.
create table milepost.badge_awards (
  customer_id text not null references milepost.standing on delete cascade,
  badge_id text not null,
  earned_on date not null,
  awarded_at timestamptz not null,
  primary key (customer_id, badge_id)
);
create index idx_badge_awards_earned on milepost.badge_awards (earned_on desc, awarded_at desc, customer_id, badge_id);
create index idx_badge_awards_badge on milepost.badge_awards
  (badge_id, earned_on desc, awarded_at desc, customer_id);

-- Whether a customer is on the leaderboard, and as whom. Without a row: off.
create table milepost.game_profiles (
  customer_id text primary key references milepost.standing on delete cascade,
  leaderboard text not null check (leaderboard in ('off', 'anonymous', 'named')),
  display_name text check (length(display_name) between 1 and 60),
  updated_at timestamptz not null,
  check (leaderboard <> 'named' or display_name is not null)
);
create index idx_game_profiles_shown on milepost.game_profiles (customer_id) where leaderboard <> 'off';

-- What is told on the live feed beside events: badges, levels, recommendations. It goes with its customer, and with a
-- badge or level that is withdrawn.
create table milepost.announcements (
  announcement_id bigint primary key generated always as identity,
  at timestamptz not null default now(),
  kind text not null check (kind in ('badge', 'level', 'recommendation')),
  customer_id text not null references milepost.standing on delete cascade,
  body jsonb not null
);
create index idx_announcements_at on milepost.announcements (at);
create index idx_announcements_customer on milepost.announcements (customer_id, kind);

call milepost.protect('milepost.badge_awards', customers_read => true);
call milepost.protect('milepost.game_profiles', customers_read => true);
call milepost.protect('milepost.announcements');
