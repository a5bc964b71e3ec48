-- The board as a customer may see it, best first: `most` places and its own, nobody's id, and a name only where its
-- owner gave one. customers: how many are on it. The server alone may ask: its row level security hides other
-- customers' rows from a customer, and no function runs with more rights than its caller's.
create or replace function milepost.leaderboard(me text, most integer)
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
