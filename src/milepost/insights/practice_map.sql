-- All customers by practice and results, as they were last settled. {practice}, {results} and {found} come from
-- practice_map.py: how to read the two of a competency, and what a search leaves.

-- name: picture
-- How many there are in each cell of a grid, and the first of each quarter asked for.
with placed as materialized (
  select a.*, least(floor(practice / %(step)s), %(cells)s - 1)::integer as x,
    least(floor(results / %(step)s), %(cells)s - 1)::integer as y
  from (
    select p.customer_id, {practice} as practice, {results} as results, p.day
    from milepost.snapshots p {found}) as a
),
cells as materialized (
  select x, y, count(*) as customers, min(day) as day from placed group by 1, 2
),
-- The cells that hold the first of a quarter, so that not everybody has to be sorted: from the diagonal on which there
-- are enough of them, and the one before it, as a customer may be anywhere in its cell.
thresholds as (
  select q.quarter, q.practises, q.wins, coalesce(max(c.diagonal) filter (where c.so_far >= %(most)s), 0) - 1 as diagonal
  from (values ('both', true, true), ('practice', true, false), ('results', false, true), ('neither', false, false))
    as q(quarter, practises, wins)
  join (
    select x * %(step)s >= %(practises_from)s as practises, y * %(step)s >= %(wins_from)s as wins, x + y as diagonal,
      sum(customers) over (partition by x * %(step)s >= %(practises_from)s, y * %(step)s >= %(wins_from)s
        order by x + y desc) as so_far
    from cells) as c using (practises, wins)
  where q.quarter = any(%(quarters)s)
  group by 1, 2, 3
),
candidates as materialized (
  select t.quarter, p.customer_id, p.practice, p.results
  from placed p join thresholds t on (p.x * %(step)s >= %(practises_from)s) = t.practises
    and (p.y * %(step)s >= %(wins_from)s) = t.wins
  where p.x + p.y >= t.diagonal
),
first as (
  select t.quarter, f.customer_id, f.practice, f.results
  from thresholds t cross join lateral (
    select customer_id, practice, results from candidates c where c.quarter = t.quarter
    order by practice + results desc, customer_id limit %(most)s) as f
)
select (select coalesce(jsonb_agg(jsonb_build_array(x, y, customers)), '[]') from cells) as cells,
  (select min(day) from cells) as day,
  (select coalesce(jsonb_agg(jsonb_build_array(f.quarter, f.customer_id, c.name, f.practice, f.results)
    order by f.practice + f.results desc, f.customer_id), '[]')
    from first f left join milepost.customers c using (customer_id)) as first

-- name: up_to
-- How many customers there are, counted no further than a limit.
select count(*) as customers from (select from milepost.snapshots limit %(limit)s) as counted

-- name: unsettled
-- Whether anything waits to be settled.
select exists (select from milepost.standing where unsettled) as waiting
