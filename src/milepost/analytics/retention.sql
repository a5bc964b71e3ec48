-- Each answers rows of `began`, `before`, `came`, `units`: so many of those who began in an interval came back in the
-- intervals after `before` up to `came`. `came` = 65535 are all who began.

-- name: first_time
select toUInt16($place) as began, toInt32($before) as before, came, count() as units
from (
  select first as ts, arrayJoin(arrayPushBack(places, toUInt16(65535))) as came
  from (
    select $unit as who, minIf(ts, $start) as first, countIf($start) as begun, $places as places
    from $source
    where $events
    group by who
    having begun > 0 and first >= $from))
group by began, came;

-- name: recurring
-- A unit may begin in many intervals. Those who begin and those who come back in each are sets, and of two sets it is
-- cheap to say how much they have in common.
select
  began.1 as began_in,
  came.2 as before,
  came.1 as came_in,
  bitmapAndCardinality(began.3, came.4) as units
from (
  select
    arrayJoin(all) as began,
    arrayJoin(arrayPushBack(
      arrayFilter(other -> other.1 > began.1 and other.2 < began.1 + $intervals, all),
      (toUInt16(65535), toInt32(0), began.3, began.3))) as came
  from (
    select groupArray((place, before, starters, backers)) as all
    from (
      select place, $before as before, starters, $backers as backers
      from (
        select toUInt16($place) as place, groupBitmapStateIf($unit, $start) as starters,
          groupBitmapStateIf($unit, $back) as backers
        from $source
        where $events
        group by place))));
