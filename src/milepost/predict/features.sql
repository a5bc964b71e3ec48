-- name: features
-- What was known of each customer at the beginning of a day, by what they had done before it. The one statement for
-- training and for serving: nothing but `past` reads events, and it sees none at or after {at}. `age` counts days back:
-- 1 is the day before. A customer is in the part {part} of {parts}, so that one answer is never too big.
with
past as (
  select customer, user, actor_type, toInt32(dateDiff('day', toDate(ts), toDate({at:String}))) as age, tool_id, event_name,
    count() as n
  from events final
  where ts < toDateTime64({at:String}, 6, 'UTC') and is_bot = 0 and intHash32(customer) % {parts:UInt32} = {part:UInt32}
  group by customer, user, actor_type, age, tool_id, event_name
),
days as (select customer, age, sum(n) as n from past group by customer, age),
activity as (
  select customer,
    min(age) as recency, max(age) as tenure, count() as active_days,
    countIf(age <= 7) as active_days_7, countIf(age <= 28) as active_days_28,
    countIf(age between 29 and 56) as active_days_56, countIf(age <= 91) as active_days_91,
    countIf(age between 92 and 182) as active_days_182, countIf(age <= 365) as active_days_365,
    sumIf(n, age <= 7) as events_7, sumIf(n, age <= 28) as events_28, sumIf(n, age between 29 and 56) as events_56,
    sumIf(n, age <= 91) as events_91, sumIf(n, age between 92 and 182) as events_182, sumIf(n, age <= 365) as events_365,
    sum(exp2(-age / 7)) as fading_days_7, sum(exp2(-age / 28)) as fading_days_28,
    sum(exp2(-age / 91)) as fading_days_91, sum(exp2(-age / 182)) as fading_days_182,
    sum(log1p(n) * exp2(-age / 28)) as fading_volume_28, sum(log1p(n) * exp2(-age / 91)) as fading_volume_91,
    uniqExactIf(intDiv(age - 1, 7), age <= 56) as active_weeks_8,
    uniqExactIf(intDiv(age - 1, 7), age <= 182) as active_weeks_26,
    uniqExactIf(intDiv(age - 1, 28), age <= 364) as active_months_13,
    arraySlice(arrayDifference(arraySort(groupArray(age))), 2) as gaps,
    if(empty(gaps), nan, toFloat64(arrayReduce('quantileExact(0.5)', gaps))) as usual_gap,
    if(empty(gaps), nan, toFloat64(arrayReduce('quantileExact(0.9)', gaps))) as long_gap,
    if(empty(gaps), nan, arrayCount(gap -> gap >= recency, gaps) / length(gaps)) as gaps_as_long
  from days group by customer
),
offers as (
  select customer, uniqExactIf(tool_id, age <= 28 and tool_id <> '') as tools_28,
    uniqExactIf(tool_id, age <= 91 and tool_id <> '') as tools_91,
    uniqExactIf(event_name, age <= 28) as event_names_28
  from past group by customer
),
-- People only: what acts by itself neither joins nor leaves.
each as (
  select customer, user, min(age) as last, max(age) as first, sumIf(n, age <= 91) as recent,
    sumIf(n, age between 92 and 365) as before
  from past where user <> 0 and actor_type = 'person' group by customer, user
),
people as (
  select customer, countIf(last <= 28) as people_28, countIf(last <= 91) as people_91, count() as people_ever,
    countIf(first <= 91) as people_new, max(recent) / greatest(sum(recent), 1) as top_share,
    argMax(last, (recent + before, user)) as champion_away, countIf(before > 0) as people_before,
    countIf(before > 0 and recent > 0) as people_stayed
  from each group by customer
),
segments as (
  select number, argMax(text, since) as segment from traits final
  where name = {segment:String} and since < toDateTime64({at:String}, 6, 'UTC') group by number
)
select activity.customer as customer, segments.segment as segment, activity.* except (customer, gaps),
  offers.* except (customer), people.* except (customer)
from activity
inner join offers on offers.customer = activity.customer
left join people on people.customer = activity.customer
left join segments on segments.number = activity.customer
order by customer;

-- name: anybody
select 1 from events final
where ts >= toDateTime64({from:String}, 6, 'UTC') and ts < toDateTime64({until:String}, 6, 'UTC') and is_bot = 0 limit 1;

-- name: span
-- The first day with events and the last, and how many. The first thousandth of all does not count: one wrong clock would
-- make a history of decades.
select toString(toDate(quantileExact(0.001)(ts))) as first, toString(toDate(max(ts))) as last, count() as events
from events final where is_bot = 0 and ts < toDateTime64({at:String}, 6, 'UTC');
