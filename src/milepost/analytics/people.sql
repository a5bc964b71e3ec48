-- name: first
-- The first of those behind a bar, and as many as are level with the last of them: who comes first of these is
-- decided by their ids, which are not known here.
select who, of_customer, events, last, count() over () as total
from ($units)
order by events desc
limit $most with ties;

-- name: units
-- Units with an event for which a condition holds, how many, and the latest.
select $unit as who, argMax(customer, ts) as of_customer, count() as events, max(toUnixTimestamp64Micro(ts)) as last
from events final
where $condition and $somebody
group by who;
