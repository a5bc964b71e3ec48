-- name: units
-- A unit's events of the funnel, as sorted numbers of time and steps, and its value of the breakdown.
select $unit as who, $value as value, arraySort(groupArray($key)) as keys
from events final
where $events
group by who;

-- name: figures
-- How many reach each step and how long it takes them, by value of the breakdown and (`whole`) of everybody. Places
-- are those of values by how many begin; what comes after the `top` first is one group.
select
  if(place <= $top, value, '') as name,
  place > $top as is_other,
  grouping(name) as whole,
  sumForEach(counts) as reached,
  min(place) as first,
  $merged
from (
  select *, row_number() over (order by counts[1] desc, value) as place
  from (
    select toString(value) as value, [$counts] as counts, $states
    from ($ways)
    group by value))
group by grouping sets ((name, is_other), ())
order by whole, is_other, first;
