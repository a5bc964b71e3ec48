-- name: sections
-- All sections there are: they are few, and read from the column's own short lists.
select distinct toString(tool_section) as section from events where tool_section != '' order by section;

-- name: uses
-- How deeply each tool is used: from what each unit does with it.
select
  toString(tool) as tool, sum(uses) as events, sum(high) as high_impact,
  quantileExactInclusive(0.5)(uses) as median_events,
  quantileExactInclusive(0.5)(days) as median_days,
  quantileExactInclusive(0.5)(sections) as median_sections
from (
  select
    $unit as who, tool_id as tool, toUInt32(count()) as uses, toUInt32(countIf(business_impact = 'high')) as high,
    toUInt32($days) as days, toUInt32($sections) as sections
  from events final
  where $events and tool_id != ''
  group by who, tool)
group by tool;

-- name: sessions
select toString(tool_id) as tool, uniqExact(session) as sessions
from events final
where $events and tool_id != '' and session != 0
group by tool;

-- name: units
-- Who uses what, as sets of the units' numbers by tool and week: how many in each week, and how many use two tools.
-- One row: everybody active, the tools in their order, each one's weeks, and each one's units shared with each.
select active, arrayMap(one -> one.1, tools), arrayMap(one -> one.3, tools), together
from (
  select
    (select groupBitmap($unit) from events final where $events) as active,
    arraySort(one -> (-bitmapCardinality(one.2), one.1), groupArray((tool, units, weekly))) as tools,
    arrayMap(one -> arrayMap(other -> bitmapAndCardinality(one.2, other.2), tools), tools) as together
  from (
    select tool, groupBitmapMergeState(part) as units, groupArray((week, bitmapCardinality(part))) as weekly
    from (
      select toString(tool_id) as tool, toUInt32($week) as week, groupBitmapState($unit) as part
      from events final
      where $events and tool_id != ''
      group by tool, week)
    group by tool));
