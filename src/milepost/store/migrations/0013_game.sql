-- The game: points ledger, levels, badges, streaks, leaderboards. All of it is derived from the days that events keep,
-- so that no retry books anything twice and an erased event takes with it what it earned. Rules: docs/game.md.
--
-- Days are UTC and as_of is the last that counts; weeks are ISO weeks, named by their Monday. Levels and badges follow
-- the current plan. Every function takes many customers, for settling; one customer is an array of one.

-- -- The ledger ----------------------------------------------------------------------------------------

-- A line an event that is worth something. A view: an event cannot be in it twice, and an erased one is not in it.
create view milepost.points_ledger with (security_invoker = true) as
  select e.event_id, e.customer_id, c.at, e.event_type, e.tool_id, c.competency, c.points, c.credibility
  from public.behavior_events e cross join lateral milepost.contribution(e) as c
  where c.points > 0 or c.credibility > 0;

-- -- Streaks -------------------------------------------------------------------------------------------

-- The Monday of a day's ISO week.
create function milepost.monday(day date) returns date
language sql immutable parallel safe as $$
  select day - (extract(isodow from day)::integer - 1)
$$;

-- Weeks with an event. `nth`: the how many-eth of its streak it is; one week without any does not end a streak and does
-- not count, two do.
create function milepost.streak_weeks(customers text[], as_of date)
returns table (customer_id text, monday date, first_day date, nth bigint)
language sql stable as $$
  with weeks as (
    select d.customer_id, milepost.monday(d.day) as monday, min(d.day) as first_day
    from milepost.customer_days d where d.customer_id = any (customers) and d.day <= as_of group by 1, 2
  ),
  gaps as (
    select w.*, coalesce(w.monday - lag(w.monday) over one > 14, true) as begins
    from weeks w window one as (partition by w.customer_id order by w.monday)
  ),
  runs as (
    select g.*, count(*) filter (where begins) over (partition by g.customer_id order by g.monday) as run from gaps g
  )
  select r.customer_id, r.monday, r.first_day,
    row_number() over (partition by r.customer_id, r.run order by r.monday)
  from runs r
$$;

-- Each customer's streak. active: this week counts already. due: last week did. grace: last week did not, so that it
-- ends unless something happens by keep_by. none: there is none to keep.
create function milepost.streaks_of(customers text[], as_of date)
returns table (customer_id text, weeks bigint, longest bigint, state text, keep_by date)
language sql stable as $$
  select c.customer_id, case when s.state = 'none' then 0 else w.nth end, coalesce(w.longest, 0), s.state,
    case s.state when 'grace' then milepost.monday(as_of) + 6 when 'due' then milepost.monday(as_of) + 13 end
  from (select distinct unnest(customers)) as c(customer_id)
  left join (
    select distinct on (k.customer_id) k.customer_id, k.monday, k.nth,
      max(k.nth) over (partition by k.customer_id) as longest
    from milepost.streak_weeks(customers, as_of) as k order by k.customer_id, k.monday desc) as w using (customer_id)
  cross join lateral (select case milepost.monday(as_of) - w.monday
    when 0 then 'active' when 7 then 'due' when 14 then 'grace' else 'none' end as state) as s
$$;

-- -- Levels --------------------------------------------------------------------------------------------

-- A competency's points day by day, added up, for the plan's competencies.
create function milepost.competency_climb(customers text[], as_of date)
returns table (customer_id text, competency text, day date, points bigint)
language sql stable as $$
  select d.customer_id, d.competency, d.day,
    (sum(d.points) over (partition by d.customer_id, d.competency order by d.day))::bigint
  from milepost.competency_days d
  where d.customer_id = any (customers) and d.day <= as_of
    and d.competency in (select item ->> 'id' from milepost.plan, jsonb_array_elements(document -> 'competencies') as item)
$$;

-- The points from which each level on counts.
create function milepost.level_steps() returns table (level integer, points bigint)
language sql stable as $$
  select step.level::integer, step.points::bigint
  from milepost.plan cross join lateral jsonb_array_elements_text(document #> '{game,level_points}')
    with ordinality as step(points, level)
$$;

-- Each customer's level in each of the plan's competencies; `place` is the plan's order, reached_on null at level 0.
create function milepost.levels_of(customers text[], as_of date)
returns table (customer_id text, place bigint, competency text, points bigint, level integer, reached_on date)
language sql stable as $$
  with climb as materialized (
    select * from milepost.competency_climb(customers, as_of)
  ),
  tops as (
    select k.customer_id, k.competency, max(k.points) as points from climb k group by 1, 2
  ),
  reached as (
    select k.customer_id, k.competency, s.level, min(k.day) as reached_on
    from climb k join milepost.level_steps() as s on k.points >= s.points group by 1, 2, 3
  ),
  highest as (
    select distinct on (r.customer_id, r.competency) r.* from reached r
    order by r.customer_id, r.competency, r.level desc
  )
  select c.customer_id, x.place, x.item ->> 'id', coalesce(t.points, 0), coalesce(h.level, 0), h.reached_on
  from (select distinct unnest(customers)) as c(customer_id)
  cross join milepost.plan p
  cross join lateral jsonb_array_elements(p.document -> 'competencies') with ordinality as x(item, place)
  left join tops t on t.customer_id = c.customer_id and t.competency = x.item ->> 'id'
  left join highest h on h.customer_id = c.customer_id and h.competency = x.item ->> 'id'
$$;

-- -- Badges --------------------------------------------------------------------------------------------

-- The plan's badges, in its order. Without a number of its own a badge is for all of them; 0 of them earn nothing.
create function milepost.badge_rules()
returns table (place bigint, badge_id text, metric text, at_least bigint, competency text, tool text, level integer)
language sql stable as $$
  select b.place, b.item ->> 'id', b.item ->> 'metric',
    coalesce((b.item ->> 'at_least')::bigint, nullif(jsonb_array_length(p.document -> case b.item ->> 'metric'
      when 'tools' then 'tools' else 'competencies' end), 0)),
    b.item ->> 'competency', b.item ->> 'tool', (b.item ->> 'level')::integer
  from milepost.plan p
  cross join lateral jsonb_array_elements(p.document -> 'badges') with ordinality as b(item, place)
$$;

-- How far each customer is with each badge of the plan, and the first day at whose end its rule held. What a badge
-- counts only ever rises with the days, so there is one such day.
create function milepost.badges_of(customers text[], as_of date)
returns table (customer_id text, place bigint, badge_id text, value bigint, at_least bigint, earned_on date)
language sql stable as $$
  with rules as materialized (
    select * from milepost.badge_rules()
  ),
  days as materialized (
    select d.customer_id, d.day, d.tools, sum(d.points) over so_far as points, row_number() over so_far as active_days,
      sum(d.exports) over so_far as exports, sum(d.resources_created) over so_far as resources_created,
      sum(d.resources_shared) over so_far as resources_shared, sum(d.milestones) over so_far as milestones
    from milepost.customer_days d where d.customer_id = any (customers) and d.day <= as_of
    window so_far as (partition by d.customer_id order by d.day)
  ),
  tools as materialized (
    select d.customer_id, t.tool, d.day, row_number() over (partition by d.customer_id, t.tool order by d.day) as times
    from days d cross join lateral unnest(d.tools) as t(tool)
    where t.tool in (select item ->> 'id' from milepost.plan, jsonb_array_elements(document -> 'tools') as item)
  ),
  weeks as materialized (
    select * from milepost.streak_weeks(customers, as_of)
  ),
  climb as materialized (
    select k.*, s.level from milepost.competency_climb(customers, as_of) as k
    cross join lateral (select coalesce(max(l.level), 0) as level from milepost.level_steps() as l
      where k.points >= l.points) as s
  ),
  -- A line wherever what a badge counts has risen, with what it has risen to.
  told as (
    select d.customer_id, r.place, d.day, case r.metric
      when 'points' then d.points when 'active_days' then d.active_days when 'exports' then d.exports
      when 'resources_created' then d.resources_created when 'resources_shared' then d.resources_shared
      when 'milestones' then d.milestones end::bigint as value
    from days d join rules r on r.metric in
      ('points', 'active_days', 'exports', 'resources_created', 'resources_shared', 'milestones')
    union all
    select w.customer_id, r.place, w.first_day, row_number() over (partition by w.customer_id, r.place order by w.monday)
    from weeks w join rules r on r.metric = 'active_weeks'
    union all
    select w.customer_id, r.place, w.first_day, w.nth from weeks w join rules r on r.metric = 'streak_weeks'
    union all
    select t.customer_id, r.place, t.day, row_number() over (partition by t.customer_id, r.place order by t.day)
    from tools t join rules r on r.metric = 'tools' where t.times = 1
    union all
    select t.customer_id, r.place, t.day, t.times from tools t join rules r on r.metric = 'tool_days' and r.tool = t.tool
    union all
    select k.customer_id, r.place, k.day, k.points
    from climb k join rules r on r.metric = 'competency_points' and r.competency = k.competency
    union all
    select k.customer_id, r.place, k.day, k.level
    from climb k join rules r on r.metric = 'level' and coalesce(r.competency, k.competency) = k.competency
    union all
    select k.customer_id, k.place, k.day, row_number() over (partition by k.customer_id, k.place order by k.day)
    from (
      select c.customer_id, r.place, c.competency, min(c.day) as day
      from climb c join rules r on r.metric = 'competencies_at_level' and c.level >= r.level group by 1, 2, 3) as k
    union all
    select a.customer_id, r.place, (a."timestamp" at time zone 'UTC')::date,
      row_number() over (partition by a.customer_id, r.place order by a."timestamp")
    from public.customer_actions a join rules r on r.metric = 'outcomes'
    where a.customer_id = any (customers) and a.role = 'outcome' and a.deleted_at is null
      and (a."timestamp" at time zone 'UTC')::date <= as_of
  ),
  found as (
    select t.customer_id, t.place, max(t.value) as value, min(t.day) filter (where t.value >= r.at_least) as earned_on
    from told t join rules r using (place) group by 1, 2
  )
  select c.customer_id, r.place, r.badge_id, coalesce(f.value, 0), coalesce(r.at_least, 1), f.earned_on
  from (select distinct unnest(customers)) as c(customer_id)
  cross join rules r
  left join found f on f.customer_id = c.customer_id and f.place = r.place
$$;

-- -- One customer --------------------------------------------------------------------------------------

create function milepost.game_on(customer text, as_of date)
returns table (place bigint, badge_id text, value bigint, at_least bigint, earned_on date)
language sql stable as $$
  select b.place, b.badge_id, b.value, b.at_least, b.earned_on
  from milepost.badges_of(array[customer], as_of) as b order by b.place
$$;

create function milepost.levels_on(customer text, as_of date)
returns table (place bigint, competency text, points bigint, level integer, reached_on date)
language sql stable as $$
  select l.place, l.competency, l.points, l.level, l.reached_on
  from milepost.levels_of(array[customer], as_of) as l order by l.place
$$;

create function milepost.streak_on(customer text, as_of date)
returns table (weeks bigint, longest bigint, state text, keep_by date)
language sql stable as $$
  select s.weeks, s.longest, s.state, s.keep_by from milepost.streaks_of(array[customer], as_of) as s
$$;

-- -- What is settled, for lists, boards and announcements ------------------------------------------------

-- A row a customer, as of `day`. levels: what was reached, by competency; none for level 0.
create table milepost.game_standing (
  customer_id text primary key references milepost.standing on delete cascade,
  day date not null,
  points bigint not null,
  points_28 bigint not null,
  levels jsonb not null,
  badges integer not null,
  streak_weeks integer not null,
  streak_longest integer not null,
  streak_state text not null check (streak_state in ('active', 'due', 'grace', 'none'))
);
create index idx_game_standing_points on milepost.game_standing (points_28 desc, customer_id);
create index idx_game_standing_streak on milepost.game_standing (streak_weeks desc, customer_id) include (streak_state)
  where streak_weeks > 0;

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

-- What was announced of a customer goes with it, and with a badge or level that is withdrawn.
create index idx_announcements_customer on milepost.announcements (customer_id, kind);
alter table milepost.announcements add foreign key (customer_id) references milepost.standing on delete cascade;

-- The board as a customer may see it, best first: `most` places and its own, nobody's id, and a name only where its
-- owner gave one. customers: how many are on it. The server alone may ask: its row level security hides other
-- customers' rows from a customer, and no function runs with more rights than its caller's.
create function milepost.leaderboard(me text, most integer)
returns table (rank bigint, name text, points bigint, is_me boolean, customers bigint)
language sql stable as $$
  with top as (
    select g.customer_id, g.points_28, p.leaderboard, p.display_name
    from milepost.game_standing g join milepost.game_profiles p using (customer_id)
    where p.leaderboard <> 'off' order by g.points_28 desc, g.customer_id limit most
  ),
  ranked as (
    select rank() over (order by t.points_28 desc) as rank, t.* from top t
  ),
  mine as (
    select 1 + (
      select count(*) from milepost.game_standing o join milepost.game_profiles q using (customer_id)
      where q.leaderboard <> 'off' and o.points_28 > g.points_28) as rank,
      g.customer_id, g.points_28, p.leaderboard, p.display_name
    from milepost.game_standing g join milepost.game_profiles p using (customer_id)
    where p.leaderboard <> 'off' and g.customer_id = me
  ),
  shown as (
    select * from ranked union select * from mine
  )
  select s.rank, case when s.leaderboard = 'named' then s.display_name else 'Somebody' end, s.points_28,
    s.customer_id = me,
    (select count(*) from milepost.game_profiles where leaderboard <> 'off')
  from shown s order by s.points_28 desc, s.customer_id
$$;

-- -- Who may see and call what ---------------------------------------------------------------------------

do $$
declare
  target text;
  reader name;
begin
  foreach target in array array['game_standing', 'badge_awards', 'game_profiles'] loop
    execute format('revoke all on milepost.%I from public', target);
    execute format('alter table milepost.%I enable row level security, force row level security', target);
    execute format('create policy %I on milepost.%I using ((select milepost.is_server()))', target || '_server', target);
    execute format('create policy %I on milepost.%I for select using (customer_id = (select milepost.current_customer()))',
      target || '_own', target);
  end loop;
  -- What an event is worth is no secret: the plan says it too.
  create policy plan_points_read on milepost.plan_points for select using (true);
  revoke all on milepost.points_ledger from public;
  revoke all on function milepost.monday(date), milepost.streak_weeks(text[], date), milepost.streaks_of(text[], date),
    milepost.competency_climb(text[], date), milepost.level_steps(), milepost.levels_of(text[], date),
    milepost.badge_rules(), milepost.badges_of(text[], date), milepost.game_on(text, date),
    milepost.levels_on(text, date), milepost.streak_on(text, date), milepost.leaderboard(text, integer) from public;
  grant execute on function milepost.monday(date), milepost.streak_weeks(text[], date), milepost.streaks_of(text[], date),
    milepost.competency_climb(text[], date), milepost.level_steps(), milepost.levels_of(text[], date),
    milepost.badge_rules(), milepost.badges_of(text[], date), milepost.game_on(text, date),
    milepost.levels_on(text, date), milepost.streak_on(text, date), milepost.leaderboard(text, integer) to milepost_server;
  for reader in select * from milepost.readers() loop
    execute format('grant select on milepost.game_standing, milepost.badge_awards, milepost.game_profiles,'
      ' milepost.points_ledger, milepost.plan_points to %I', reader);
    execute format('grant execute on function milepost.monday(date), milepost.streak_weeks(text[], date),'
      ' milepost.streaks_of(text[], date), milepost.competency_climb(text[], date), milepost.level_steps(),'
      ' milepost.levels_of(text[], date), milepost.badge_rules(), milepost.badges_of(text[], date),'
      ' milepost.game_on(text, date), milepost.levels_on(text, date), milepost.streak_on(text, date),'
      ' milepost.current_plan(), milepost.small_number(jsonb),'
      ' milepost.counts(public.behavior_events), milepost.contribution(public.behavior_events) to %I', reader);
  end loop;
end $$;
