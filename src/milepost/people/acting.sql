-- Who acted for a customer. What is bound: `today`, the UTC day; numbers of customers and users.

-- name: actors
-- Everybody who acted: people, visitors, and 0 for nobody in particular.
select distinct user, actor_type from events final where customer = {customer:UInt32} and is_bot = 0

-- name: acting
-- A row a user and kind of actor; one, of user 0, for all visitors together, who may be very many: `users` are those who
-- are none. Windows are in whole UTC days.
select who, actor_type, count(), toUnixTimestamp64Micro(min(ts)), toUnixTimestamp64Micro(max(ts)),
  countIf(ago between 0 and 27), countIf(ago between 28 and 55), uniqExactIf(ago, ago between 0 and 27),
  countIf(ago between 28 and 391), countIf(ago between 14 and 103), uniqExactIf(sitting, sitting != 0)
from (
  select if(actor_type != 'person' or user in {users:Array(UInt32)}, user, 0) as who, actor_type, ts,
    session as sitting, dateDiff('day', toDate(ts), toDate({today:String})) as ago
  from events final where customer = {customer:UInt32} and is_bot = 0)
group by who, actor_type

-- name: tools
-- The three tools each has used most, ever.
select user, actor_type, tool_id, count() as uses
from events final
where customer = {customer:UInt32} and is_bot = 0 and tool_id != '' and user in {users:Array(UInt32)}
group by user, actor_type, tool_id
order by uses desc, tool_id
limit 3 by user, actor_type

-- name: days
-- The days of the last 365 on which each acted as a person, in days ago, the latest first.
select user, arraySort(groupUniqArray(ago))
from (
  select user, dateDiff('day', toDate(ts), toDate({today:String})) as ago
  from events final
  where customer = {customer:UInt32} and is_bot = 0 and actor_type = 'person' and user in {users:Array(UInt32)})
where ago between 0 and 364
group by user

-- name: since
-- How much each did as a person in the last so many days, for each of several numbers of days.
select user, sumForEach(arrayMap(days -> toUInt64(ago < days), {silent:Array(UInt32)}))
from (
  select user, toInt64(dateDiff('day', toDate(ts), toDate({today:String}))) as ago
  from events final
  where customer = {customer:UInt32} and is_bot = 0 and actor_type = 'person')
where ago >= 0
group by user

-- name: customers_of
-- For whom somebody acted, the latest first. Not `final`, which would read everybody's events: what was deleted is left
-- out by whatever reads these customers next.
select customer, count() over () from events where user = {user:UInt32} group by customer
order by max(ts) desc, customer limit 20

-- name: timeline
-- `before`: what stands behind an event of that time in microseconds and that id; 0: from the newest.
select toString(event_id), customer, toUnixTimestamp64Micro(ts), event_type, event_name, tool_id, tool_section,
  page_url, metadata, actor_type
from events final
where customer in {customers:Array(UInt32)} and user = {user:UInt32} and is_bot = 0
  and ({before:Int64} = 0 or ts <= fromUnixTimestamp64Micro({before:Int64}, 'UTC')
    and (toUnixTimestamp64Micro(ts), toString(event_id)) < ({before:Int64}, {before_id:String}))
order by ts desc, toString(event_id) desc limit {limit:UInt32}

-- name: sessions
select any(customer), toUnixTimestamp64Micro(min(ts)) as began, toUnixTimestamp64Micro(max(ts)), count(),
  arraySort(arrayFilter(x -> x != '', groupUniqArray(tool_id)))
from events final
where customer in {customers:Array(UInt32)} and user = {user:UInt32} and is_bot = 0 and session_id != ''
group by customer, session_id
order by began desc limit {limit:UInt32}

-- name: active
-- Who acted as a person in the last 28 days, visitors among them, of several customers.
select distinct customer, user from events final
where customer in {customers:Array(UInt32)} and is_bot = 0 and actor_type = 'person' and user != 0
  and toDate(ts) between toDate({today:String}) - 27 and toDate({today:String})
