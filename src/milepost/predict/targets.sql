-- What a target asks, of everybody, at the beginning of a day {at}: may it be asked of the customer at all, and did it
-- happen from then until before {until}. `level` and `since` are what was known at {at}, and of no later day. A customer
-- who is missing here has none of it.

-- name: came
-- Days until the first event.
select customer, min(dateDiff('day', toDate({at:String}), toDate(ts))) as after from events final
where ts >= toDateTime64({at:String}, 6, 'UTC') and ts < toDateTime64({until:String}, 6, 'UTC') and is_bot = 0
group by customer;

-- name: event
-- `level`: how many of the last 91 days; `since`: days since the last.
with toDateTime64({at:String}, 6, 'UTC') as moment
select customer, {first:UInt8} = 0 or countIf(ts < moment) = 0 as may, countIf(ts >= moment) > 0 as did,
  countIf(ts < moment and ts >= moment - toIntervalDay(91)) as level,
  if(countIf(ts < moment) = 0, nan, dateDiff('day', toDate(maxIf(ts, ts < moment)), toDate(moment))) as since
from events final
where ts < toDateTime64({until:String}, 6, 'UTC') and is_bot = 0
  and ({event:String} = '' or event_name = {event:String})
  and ({event_type:String} = '' or event_type = {event_type:String})
  and arrayAll((key, value) -> properties[key] = value, {keys:Array(String)}, {values:Array(String)})
group by customer;

-- name: becomes
-- Asked of whom the trait is something else of. `since`: days since it became what it is.
with toDateTime64({at:String}, 6, 'UTC') as moment
select number as customer, not hasAny(argMaxIf(parts, since, since < moment), {values:Array(String)}) as may,
  countIf(since >= moment and hasAny(parts, {values:Array(String)})) > 0 as did, nan as level,
  if(countIf(since < moment) = 0, nan, dateDiff('day', toDate(maxIf(since, since < moment)), toDate(moment))) as since_days
from traits final where name = {trait:String} and since < toDateTime64({until:String}, 6, 'UTC')
group by number;

-- name: grows
-- Asked of whom the trait is a number of. `level`: that number; `since`: days since it is.
with toDateTime64({at:String}, 6, 'UTC') as moment, argMaxIf(figure, since, since < moment) as current
select number as customer, countIf(since < moment) > 0 and not isNaN(current) as may,
  if({grows:UInt8} = 1, maxIf(figure, since >= moment and not isNaN(figure)) > current,
    minIf(figure, since >= moment and not isNaN(figure)) < current)
    and countIf(since >= moment and not isNaN(figure)) > 0 as did,
  current as level,
  if(countIf(since < moment) = 0, nan, dateDiff('day', toDate(maxIf(since, since < moment)), toDate(moment))) as since_days
from traits final where name = {trait:String} and since < toDateTime64({until:String}, 6, 'UTC')
group by number;
