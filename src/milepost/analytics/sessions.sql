-- name: tools
select distinct toString(tool_id) as tool from events where tool_id != '' order by tool;

-- name: primary_tool
-- The number of the tool with most events, the smallest of these: they are numbered in the order of their texts.
arraySort(groupArrayIf($place, tool_id != '')) as tools,
arrayMap(run -> length(run), arraySplit((tool, gap) -> gap != 0, tools, arrayDifference(tools))) as lengths,
tools[arraySum(arraySlice(lengths, 1, indexOf(lengths, arrayMax(lengths))))];

-- name: each
-- The sessions: how long each lasted (microseconds), how many events, and the number of its value in the breakdown.
select session, lasted, size, exported, value, whose, toUInt32($place) as place
from (
  select session, lasted, size, exported, value, whose, began as ts
  from (
    select
      $session as session,
      min(ts) as began,
      toUnixTimestamp64Micro(max(ts)) - toUnixTimestamp64Micro(began) as lasted,
      toUInt32(count()) as size,
      max(event_type = 'export_action') as exported,
      $value as value,
      $whose as whose
    from events final
    where $events
    group by session));

-- name: figures
-- The figures of each interval, and of each value of the breakdown: the largest ones (`line` from 1), the others
-- together (0), and (`whole`) all of them.
with $texts as texts
select
  of_interval, place, line, any(if(line = 0, '', text)) as value, grouping(line) as whole,
  sum(sessions) as sessions, $units_merge(units) as units,
  quantilesExactInclusiveMerge(0.5, 0.9)(seconds) as seconds, quantileExactInclusiveMerge(0.5)(sizes) as median_size,
  sum(single) as single, sum(with_export) as with_export
from (
  select *, if(number <= $top, number, 0) as line
  from (
    select *, row_number() over (partition by of_interval order by sessions desc, text) as number
    from (
      select
        grouping(value) as of_interval, place, transform(value, texts.1, texts.2, '') as text,
        count() as sessions, $units_state(whose) as units,
        quantilesExactInclusiveState(0.5, 0.9)(lasted) as seconds, quantileExactInclusiveState(0.5)(size) as sizes,
        countIf(size = 1) as single, countIf(exported) as with_export
      from ($each)
      group by grouping sets ((place), (value)))))
group by grouping sets ((of_interval, place, line), (of_interval));

-- name: some
select session from ($each) where $condition;
