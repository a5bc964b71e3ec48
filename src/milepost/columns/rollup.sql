-- Keeps the rollup of activity. Loaded by name (rollup.py).

-- name: months
-- Every month with its newest load.
select toYYYYMM(ts) as month, intDiv(max(ver), 2) from events group by month

-- name: rolled
-- Every month of the rollup with the load it was made after.
select month, batch from rollups final

-- name: touched
-- The months of one load.
select distinct toYYYYMM(ts) from events where ver >= {ver:UInt64}

-- name: fill
-- One month anew. Bots are in no answer.
insert into activity_new
select customer, user, toStartOfFifteenMinutes(ts) as quarter, count()
from events final where toYYYYMM(ts) = {month:UInt32} and is_bot = 0
group by customer, user, quarter
