-- name: tools
-- Every tool that events of people and software name from a day on, the most used first, with some of its sections.
select tool_id, count() as uses, uniqExact(customer),
  arraySort(arrayFilter(section -> section != '', groupUniqArray(12)(tool_section)))
from events final
where tool_id != '' and is_bot = 0 and toDate(ts) >= toDate({since:String})
group by tool_id
order by uses desc, tool_id
limit {most:UInt32}
