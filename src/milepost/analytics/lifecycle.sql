-- name: ways
-- A unit's way through the intervals: `seen` are those it is active in, in order, 0 the one before the period;
-- `fresh` is that of its first event in all of time.
select who, seen, $place as fresh
from (
  select who, seen, began as ts
  from (
    select
      $unit as who,
      min(ts) as began,
      arraySort(bitmapToArray(groupBitmapStateIf(toUInt32($place), $shown))) as seen
    from $source
    where $ever and $somebody
    group by who
    having notEmpty(seen)));

-- name: states
-- Each unit's states, as 4 x interval + 0 new, 1 returning, 2 resurrected, 3 dormant.
select
  who,
  arrayDifference(seen) as gaps,
  arrayMap((one, gap) -> one * 4 + multiIf(one = fresh, 0, gap = 1, 1, 2), seen, gaps) as active,
  arrayFilter((one, gap) -> gap != 1, seen, arrayPushBack(arrayPopFront(gaps), 0)) as last_of_several,
  arrayConcat(arrayFilter(one -> one >= 4, active), arrayMap(one -> one * 4 + 7, last_of_several)) as states
from ($ways);

-- name: lifecycle
-- How many are in each state in each interval.
select intDiv(code, 4) as place, code % 4 as state, count() as units
from (select arrayJoin(states) as code from ($states))
group by place, state;

-- name: in_state
select who from ($states) where has(states, $code);
