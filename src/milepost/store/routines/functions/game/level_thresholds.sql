-- The points from which each level on counts.
create or replace function milepost.level_thresholds() returns table (level integer, points bigint)
language sql stable as $$
  select threshold.level::integer, threshold.points::bigint
  from milepost.plan cross join lateral jsonb_array_elements_text(document #> '{game,level_points}')
    with ordinality as threshold(points, level)
$$;
