-- name: units
-- In how many intervals each unit is active.
select $unit as who, groupBitmap(toUInt32($place)) as intervals
from $source
where $events
group by who;

-- name: stickiness
-- How many units are active in that many intervals.
select intervals, count() as units from ($units) group by intervals;

-- name: of
select who from ($units) where intervals = $n;
