-- Six questions in hand-written SQL, for PostgreSQL and for the bare engine. Loaded by name (questions.py).
-- All of the last 90 days, by customer, without bots: what the pages ask first.

-- name: fill
-- Events of a year: customers of very different size, sessions of ten, ten types, four tools.
insert into public.behavior_events (event_id, customer_id, user_id, session_id, event_type, tool_id, tool_section,
  business_impact, competency_area, device_type, browser, time_on_page, event_metadata, "timestamp")
select (lpad(to_hex((extract(epoch from at) * 1000)::bigint), 12, '0') || '7' || substr(md5(i::text), 1, 3) || '8'
    || substr(md5(i::text), 4, 15))::uuid,
  'customer ' || c, 'user ' || c * 3 + i %% 3, 'session ' || c || '-' || s,
  (array['tool_usage', 'navigation', 'content_interaction', 'export_action', 'resource_generation', 'navigation',
    'tool_usage', 'competency_milestone', 'resource_share', 'professional_action'])[1 + (hashtext(i::text) & 1073741823) %% 10],
  (array['icp-analysis', 'cost-calculator', 'business-case', 'resource-library'])[1 + (hashtext(i || 't') & 3)],
  'section ' || (i %% 9), (array['low', 'low', 'medium', 'high'])[1 + (hashtext(i || 'b') & 3)],
  (array['customer_intelligence', 'value_communication', 'sales_execution'])[1 + i %% 3],
  (array['desktop', 'mobile'])[1 + i %% 2], (array['Chrome', 'Firefox', 'Safari'])[1 + i %% 3],
  hashtext(i || 'd') & 65535, jsonb_build_object('plan', i %% 5, 'step', 'step ' || i %% 7), at
from (
  select i, (power((hashtext(i / 10 || 'c') & 1048575) / 1048576.0, 2) * %(customers)s)::integer as c, i / 10 as s,
    timestamptz '2025-12-01 00:00+00' + ((hashtext(i / 10 || 'w') & 1048575) / 1048576.0) * interval '360 days'
      + (i %% 10) * interval '40 seconds' + (i %% 1000) * interval '1 millisecond' as at
  from generate_series(%(first)s::bigint, %(first)s::bigint + %(n)s::bigint - 1) as i) as e

-- name: fill_columns
-- The same straight into the column store, for more events than PostgreSQL is filled with in a reasonable time.
insert into events (event_id, customer, user, session_id, event_type, tool_id, tool_section, business_impact,
  competency_area, device_type, browser, session_duration, time_on_page, metadata, is_bot, ts, ver, is_deleted)
select generateUUIDv4(), toUInt32(pow(cityHash64(s, 'c') % 1048576 / 1048576.0, 2) * {customers:UInt32}) as c,
  c * 3 + number % 3, concat('session ', toString(c), '-', toString(s)),
  ['tool_usage', 'navigation', 'content_interaction', 'export_action', 'resource_generation', 'navigation',
    'tool_usage', 'competency_milestone', 'resource_share', 'professional_action'][1 + cityHash64(number) % 10],
  ['icp-analysis', 'cost-calculator', 'business-case', 'resource-library'][1 + cityHash64(number, 't') % 4],
  concat('section ', toString(number % 9)), ['low', 'low', 'medium', 'high'][1 + cityHash64(number, 'b') % 4],
  ['customer_intelligence', 'value_communication', 'sales_execution'][1 + number % 3],
  ['desktop', 'mobile'][1 + number % 2], ['Chrome', 'Firefox', 'Safari'][1 + number % 3], -1,
  cityHash64(number, 'd') % 65536,
  concat('{"plan": "', toString(number % 5), '", "step": "step ', toString(number % 7), '"}'), 0,
  toDateTime64('2025-12-01 00:00:00', 6, 'UTC') + toIntervalSecond(cityHash64(s, 'w') % 31104000)
    + toIntervalSecond(number % 10 * 40) + toIntervalMillisecond(number % 1000), 3, 0
from (select number, intDiv(number, 10) as s from numbers({first:UInt64}, {n:UInt64}))

-- name: trends_postgresql
select date_trunc('day', "timestamp" at time zone 'UTC'), count(distinct customer_id)
from public.behavior_events where "timestamp" >= %(first)s and "timestamp" < %(end)s and not is_bot
  and deleted_at is null group by 1 order by 1

-- name: trends_columns
select toDate(ts) as d, uniqExact(customer) from events final
where ts >= {first:DateTime64(6, 'UTC')} and ts < {end:DateTime64(6, 'UTC')} and is_bot = 0 group by d order by d

-- name: funnel_postgresql
with e as (
  select customer_id, "timestamp" as t, event_type, tool_id from public.behavior_events
  where "timestamp" >= %(first)s and "timestamp" < %(end)s and not is_bot and deleted_at is null
    and (event_type in ('resource_generation', 'export_action') or tool_id = 'icp-analysis')),
one as (select customer_id, t from e where tool_id = 'icp-analysis' and event_type = 'tool_usage'),
two as (
  select one.customer_id, one.t as began, min(e.t) as t from one join e using (customer_id)
  where e.event_type = 'resource_generation' and e.t >= one.t and e.t <= one.t + interval '7 days' group by 1, 2),
three as (
  select two.customer_id from two join e using (customer_id)
  where e.event_type = 'export_action' and e.t >= two.t and e.t <= two.began + interval '7 days')
select (select count(distinct customer_id) from one), (select count(distinct customer_id) from two),
  (select count(distinct customer_id) from three)

-- name: funnel_columns
select countIf(level >= 1), countIf(level >= 2), countIf(level >= 3) from (
  select customer, windowFunnel(604800000000)(toUInt64(toUnixTimestamp64Micro(ts)),
    event_type = 'tool_usage' and tool_id = 'icp-analysis', event_type = 'resource_generation',
    event_type = 'export_action') as level
  from events final where ts >= {first:DateTime64(6, 'UTC')} and ts < {end:DateTime64(6, 'UTC')} and is_bot = 0
    and event_type in ('tool_usage', 'resource_generation', 'export_action') group by customer)

-- name: retention_postgresql
with weeks as (
  select customer_id, date_trunc('week', "timestamp" at time zone 'UTC')::date as week from public.behavior_events
  where "timestamp" >= %(first)s and "timestamp" < %(end)s and not is_bot and deleted_at is null group by 1, 2),
firsts as (
  select customer_id, date_trunc('week', min("timestamp") at time zone 'UTC')::date as week
  from public.behavior_events where not is_bot and deleted_at is null group by 1)
select f.week, (w.week - f.week) / 7, count(*) from firsts f join weeks w using (customer_id)
where f.week >= %(first)s and w.week >= f.week group by 1, 2 order by 1, 2

-- name: retention_columns
select began, (week - began) / 7 as k, count() from (
  select customer, toStartOfWeek(min(ts), 1) as began,
    groupUniqArrayIf(toStartOfWeek(ts, 1), ts >= {first:DateTime64(6, 'UTC')} and ts < {end:DateTime64(6, 'UTC')}) as weeks
  from events final where is_bot = 0 group by customer)
array join weeks as week
where began >= toDate({first:DateTime64(6, 'UTC')}) group by began, k order by began, k

-- name: paths_postgresql
with e as (
  select customer_id, session_id, tool_id, "timestamp" as t, event_id,
    lag(tool_id) over w as before, event_type from public.behavior_events
  where "timestamp" >= %(first)s and "timestamp" < %(end)s and not is_bot and deleted_at is null
    and session_id is not null and tool_id is not null
  window w as (partition by customer_id, session_id order by "timestamp", event_id)),
steps as (
  select *, row_number() over (partition by customer_id, session_id order by t, event_id) as n from e
  where before is distinct from tool_id)
select n, before, tool_id, count(*) from steps where n <= 5 group by 1, 2, 3

-- name: paths_columns
select arrayJoin(arrayMap((a, b, n) -> (n, a, b), arrayPopBack(path), arrayPopFront(path),
    arrayEnumerate(arrayPopBack(path)))) as step, count() from (
  select arraySlice(arrayCompact(arrayMap(x -> x.3, arraySort(groupArray((ts, UUIDToNum(event_id), toString(tool_id)))))), 1, 5)
    as path
  from events final where ts >= {first:DateTime64(6, 'UTC')} and ts < {end:DateTime64(6, 'UTC')} and is_bot = 0
    and session_id != '' and tool_id != '' group by customer, session_id)
group by step

-- name: lifecycle_postgresql
with weeks as (
  select customer_id, date_trunc('week', "timestamp" at time zone 'UTC')::date as week from public.behavior_events
  where "timestamp" >= %(first)s::timestamptz - interval '7 days' and "timestamp" < %(end)s and not is_bot
    and deleted_at is null group by 1, 2),
firsts as (
  select customer_id, date_trunc('week', min("timestamp") at time zone 'UTC')::date as first
  from public.behavior_events where not is_bot and deleted_at is null group by 1),
marked as (
  select w.week, w.customer_id, f.first, lag(w.week) over (partition by w.customer_id order by w.week) as before,
    lead(w.week) over (partition by w.customer_id order by w.week) as after
  from weeks w join firsts f using (customer_id))
select week, count(*) filter (where first = week), count(*) filter (where before = week - 7),
  count(*) filter (where first < week and before is distinct from week - 7),
  count(*) filter (where after is distinct from week + 7) from marked group by 1 order by 1

-- name: lifecycle_columns
select week, countIf(week = first), countIf(has(weeks, week - 7)), countIf(first < week and not has(weeks, week - 7)),
  countIf(not has(weeks, week + 7)) from (
  select customer, toStartOfWeek(min(ts), 1) as first, groupUniqArrayIf(toStartOfWeek(ts, 1),
      ts >= {first:DateTime64(6, 'UTC')} - interval 7 day and ts < {end:DateTime64(6, 'UTC')}) as weeks
  from events final where is_bot = 0 group by customer)
array join weeks as week group by week order by week

-- name: stickiness_postgresql
select days, count(*) from (
  select customer_id, count(distinct ("timestamp" at time zone 'UTC')::date) as days from public.behavior_events
  where "timestamp" >= %(first)s and "timestamp" < %(end)s and not is_bot and deleted_at is null group by 1) as c
group by 1 order by 1

-- name: stickiness_columns
select days, count() from (
  select customer, uniqExact(toDate(ts)) as days from events final
  where ts >= {first:DateTime64(6, 'UTC')} and ts < {end:DateTime64(6, 'UTC')} and is_bot = 0 group by customer)
group by days order by days

-- name: by_tool_columns
select toDate(ts) as d, tool_id, uniqExact(customer) from events final
where ts >= {first:DateTime64(6, 'UTC')} and ts < {end:DateTime64(6, 'UTC')} and is_bot = 0 group by d, tool_id

-- name: median_columns
select toDate(ts) as d, quantileExactInclusive(0.5)(time_on_page) from events final
where ts >= {first:DateTime64(6, 'UTC')} and ts < {end:DateTime64(6, 'UTC')} and is_bot = 0 and time_on_page >= 0
group by d

-- name: metadata_columns
select toDate(ts) as d, count() from events final
where ts >= {first:DateTime64(6, 'UTC')} and ts < {end:DateTime64(6, 'UTC')} and is_bot = 0
  and properties['plan'] = '3' group by d

-- name: sum_columns
select toDate(ts) as d, sum(toFloat64OrNull(properties['plan'])) from events final
where ts >= {first:DateTime64(6, 'UTC')} and ts < {end:DateTime64(6, 'UTC')} and is_bot = 0
  and isFinite(toFloat64OrNull(properties['plan'])) group by d

-- name: sum_time_columns
select toDate(ts) as d, sum(time_on_page) from events final
where ts >= {first:DateTime64(6, 'UTC')} and ts < {end:DateTime64(6, 'UTC')} and is_bot = 0 and time_on_page >= 0 group by d

-- name: average_columns
select toDate(ts) as d, avg(toFloat64OrNull(properties['plan'])) from events final
where ts >= {first:DateTime64(6, 'UTC')} and ts < {end:DateTime64(6, 'UTC')} and is_bot = 0
  and isFinite(toFloat64OrNull(properties['plan'])) group by d

-- name: min_columns
select toDate(ts) as d, min(toFloat64OrNull(properties['plan'])) from events final
where ts >= {first:DateTime64(6, 'UTC')} and ts < {end:DateTime64(6, 'UTC')} and is_bot = 0
  and isFinite(toFloat64OrNull(properties['plan'])) group by d

-- name: max_columns
select toDate(ts) as d, max(toFloat64OrNull(properties['plan'])) from events final
where ts >= {first:DateTime64(6, 'UTC')} and ts < {end:DateTime64(6, 'UTC')} and is_bot = 0
  and isFinite(toFloat64OrNull(properties['plan'])) group by d

-- name: percentile_columns
select toDate(ts) as d, quantileExactInclusive(0.9)(toFloat64OrNull(properties['plan'])) from events final
where ts >= {first:DateTime64(6, 'UTC')} and ts < {end:DateTime64(6, 'UTC')} and is_bot = 0
  and isFinite(toFloat64OrNull(properties['plan'])) group by d

-- name: distinct_columns
select toDate(ts) as d, uniqExact(properties['step']) from events final
where ts >= {first:DateTime64(6, 'UTC')} and ts < {end:DateTime64(6, 'UTC')} and is_bot = 0 and properties['step'] != '' group by d

-- name: pair_columns
select toDate(ts) as d, tool_id, event_type, count() from events final
where ts >= {first:DateTime64(6, 'UTC')} and ts < {end:DateTime64(6, 'UTC')} and is_bot = 0 group by d, tool_id, event_type

-- name: formula_columns
select toDate(ts) as d, countIf(event_type = 'export_action') / uniqExact(customer) * 100 from events final
where ts >= {first:DateTime64(6, 'UTC')} and ts < {end:DateTime64(6, 'UTC')} and is_bot = 0 group by d

-- name: sessions_columns
-- Every session's length and size, then their medians by day.
select d, count(), quantileExactInclusive(0.5)(seconds), quantileExactInclusive(0.5)(n), countIf(n = 1) from (
  select toDate(min(ts)) as d, count() as n, dateDiff('millisecond', min(ts), max(ts)) / 1000 as seconds
  from events final where ts >= {first:DateTime64(6, 'UTC')} and ts < {end:DateTime64(6, 'UTC')} and is_bot = 0
    and session_id != '' group by customer, session_id)
group by d
