-- name: values
-- The largest values of the breakdown, one more than are shown: then there are others.
select text, text2
from (
  select $value as text, $value2 as text2, $sizes
  from events final
  where $events
  group by text, text2)
order by $largest, text, text2
limit $most;

-- name: lines
-- The measures by line and bucket, and (`whole`) by line over the period. `line` is a value's place among those shown,
-- from 1; 0 are all the others.
select line, bucket, grouping(bucket) as whole, $merged as figures
from (
  select $line as line, toUInt16($bucket) as bucket, $states
  from $source
  where $events
  group by line, bucket)
group by grouping sets ((line, bucket), (line));

-- name: broken_down
-- Values and lines in one look at the events, for a breakdown of few values: `name` and `name2` are a line's values.
select if(place <= $top, place, 0) as line, bucket, grouping(bucket) as whole, $merged as figures, any(text) as name,
  any(text2) as name2
from (
  select text, text2, bucket, $kept, dense_rank() over (order by $largest, text, text2) as place
  from (
    select text, text2, bucket, $kept, $sizes
    from (
      select $value as text, $value2 as text2, toUInt16($bucket) as bucket, $states
      from events final
      where $events
      group by text, text2, bucket)))
group by grouping sets ((line, bucket), (line));

-- name: sessions
-- The same of different sessions: each one's buckets first (65535 is the period), as there are far fewer of these
-- than of events.
select line, bucket, bucket = 65535 as whole, [toFloat64(count())] as figures
from (
  select $line as line, arrayJoin(arrayPushBack(groupUniqArray(toUInt16($bucket)), toUInt16(65535))) as bucket
  from events final
  where $events
  group by line, session)
group by line, bucket;
