-- All customers by practice and results, as they were last settled. {practice}, {results} and {found} come from
-- practice_map.py: how to read the two of a competency, and what a search leaves.

-- name: picture
-- How many there are in each cell of a grid, and the first of each quarter asked for.
with placed as materialized (
  select p.customer_id, {practice} as practice, {results} as results, p.day
  from milepost.practice p {found}
),
cells as (
  select least(floor(practice / %(step)s), %(cells)s - 1)::integer as x,
    least(floor(results / %(step)s), %(cells)s - 1)::integer as y, count(*) as customers, min(day) as day
  from placed group by 1, 2
),
first as (
  select q.quarter, t.customer_id, t.practice, t.results
  from (values ('both', true, true), ('practice', true, false), ('results', false, true), ('neither', false, false))
    as q(quarter, practises, wins)
  cross join lateral (
    select customer_id, practice, results from placed
    where (practice >= %(practises_from)s) = q.practises and (results >= %(wins_from)s) = q.wins
    order by practice + results desc, customer_id limit %(most)s) as t
  where q.quarter = any(%(quarters)s)
)
select (select coalesce(jsonb_agg(jsonb_build_array(x, y, customers)), '[]') from cells) as cells,
  (select min(day) from cells) as day,
  (select coalesce(jsonb_agg(jsonb_build_array(f.quarter, f.customer_id, c.name, f.practice, f.results)
    order by f.practice + f.results desc, f.customer_id), '[]')
    from first f left join milepost.customers c using (customer_id)) as first

-- name: unsettled
-- Whether anything waits to be settled.
select exists (select from milepost.standing where unsettled) as waiting
