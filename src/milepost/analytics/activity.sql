-- name: activity
-- Who did anything when: summed up by quarters of an hour where a month is rolled up, else event by event.
(select customer, user, toDateTime64(quarter, 6, 'UTC') as ts, toUInt8(0) as is_bot
from activity where toYYYYMM(quarter) in $months
union all
select customer, user, ts, is_bot
from events final where toYYYYMM(ts) not in $months)
