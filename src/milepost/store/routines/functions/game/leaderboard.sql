-- The board as a customer may see it, best first: `most` places and its own, nobody's id, and a name only where its
-- owner gave one. customers: how many are on it. The server alone may ask: its row level security hides other
-- customers' rows from a customer, and no function runs with more rights than its caller's.
create or replace function milepost.leaderboard(me text, most integer)
returns table (rank bigint, name text, points bigint, is_me boolean, customers bigint)
language sql stable as $$
  with top as (
    select g.customer_id, g.systematic_progression_rate, p.leaderboard, p.display_name
    from milepost.snapshots g join milepost.game_profiles p using (customer_id)
    where p.leaderboard <> 'off' order by g.systematic_progression_rate desc, g.customer_id limit most
  ),
  ranked as (
    select rank() over (order by t.systematic_progression_rate desc) as rank, t.* from top t
  ),
  mine as (
    select 1 + (
      select count(*) from milepost.snapshots o join milepost.game_profiles q using (customer_id)
      where q.leaderboard <> 'off' and o.systematic_progression_rate > g.systematic_progression_rate) as rank,
      g.customer_id, g.systematic_progression_rate, p.leaderboard, p.display_name
    from milepost.snapshots g join milepost.game_profiles p using (customer_id)
    where p.leaderboard <> 'off' and g.customer_id = me
  ),
  shown as (
    select * from ranked union select * from mine
  )
  select s.rank, case when s.leaderboard = 'named' then s.display_name else 'Somebody' end,
    (s.systematic_progression_rate * 4)::bigint,
    s.customer_id = me,
    (select count(*) from milepost.game_profiles where leaderboard <> 'off')
  from shown s order by s.systematic_progression_rate desc, s.customer_id
$$;
