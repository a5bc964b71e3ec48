-- name: texts
-- The numbers and the texts of a value, side by side in one row.
(select (groupArray(number), groupArray(text))
from (
  select $number as number, text
  from (select distinct toString($value) as text from events where $events)))
