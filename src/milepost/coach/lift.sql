-- How playbooks do. docs/coach.md has the formulas.

-- name: tally
-- Counts every playbook's recommendations, both arms apart. Outcomes: the first of each customer alone.
with counted as (
  select playbook, held_out, count(*) as made, count(shown_at) as shown, count(accepted_at) as accepted,
    count(*) filter (where state = 'dismissed') as dismissed, count(*) filter (where state = 'done') as done,
    count(*) filter (where closed_at is null and expires_at > %(now)s) as open,
    count(*) filter (where is_first and moved_up is not null) as measured,
    count(*) filter (where is_first and moved_up) as moved_up,
    coalesce(sum(points_after) filter (where is_first and moved_up is not null), 0)::float8 as points_sum,
    coalesce(sum(points_after::float8 ^ 2) filter (where is_first and moved_up is not null), 0) as points_squares
  from milepost.recommendations group by 1, 2
)
insert into milepost.coach_tallies (playbook, held_out, made, shown, accepted, dismissed, done, open, measured, moved_up,
  points_sum, points_squares, counted_at)
select c.*, %(now)s from counted c
on conflict (playbook, held_out) do update set made = excluded.made, shown = excluded.shown,
  accepted = excluded.accepted, dismissed = excluded.dismissed, done = excluded.done, open = excluded.open,
  measured = excluded.measured, moved_up = excluded.moved_up, points_sum = excluded.points_sum,
  points_squares = excluded.points_squares, counted_at = excluded.counted_at

-- name: forget_tallies
-- Those of playbooks of which no recommendation is left.
delete from milepost.coach_tallies where counted_at < %(now)s

-- name: tallied
-- When it was counted last, and how many there were.
select max(counted_at), coalesce(sum(made), 0) from milepost.coach_tallies

-- name: tallies
select * from milepost.coach_tallies

-- name: learned
-- What may be said: the surest first.
select * from milepost.coach_learned order by low desc, did desc, band, competency, step

-- name: learned_at
select learned_at from milepost.coach
