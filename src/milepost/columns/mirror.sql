-- What the mirror says of itself. Loaded by name (mirror.py).

-- name: last_load
select batch, snapshot, toString(at), epoch from loads final

-- name: highest_batch
-- The batch of the newest row, whether or not its load was finished: the next one must be higher.
select intDiv(max(ver), 2) from events

-- name: day_counts
select toString(toDate(ts)) as day, count() from events final group by day order by day

-- name: days
-- As follow.sql's `days`: a checksum of everything the mirror holds of a day's events.
select toString(toDate(ts)) as day, count(),
  toString(sum(reinterpretAsUInt64(reverse(substring(MD5(arrayStringConcat([$row], '\x1f')), 1, 8)))))
from $events final group by day order by day

-- name: months_with_deleted
-- Where rows of events that are no more still lie on the disk.
select distinct toYYYYMM(ts) from events where is_deleted = 1

-- name: broken
-- Parts that the engine found damaged when it opened, and set aside.
select table, name, partition_id from system.detached_parts
where database = currentDatabase() and reason like 'broken%'
