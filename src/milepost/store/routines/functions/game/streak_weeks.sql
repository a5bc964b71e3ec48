-- Weeks with an event. `nth`: the how many-eth of its streak it is; one week without any does not end a streak and does
-- not count, two do.
create or replace function milepost.streak_weeks(customers text[], as_of date)
returns table (customer_id text, monday date, first_day date, nth bigint)
language sql stable as $$
  with weeks as (
    select d.customer_id, milepost.monday(d.day) as monday, min(d.day) as first_day
    from milepost.customer_days d where d.customer_id = any (customers) and d.day <= as_of group by 1, 2
  ),
  gaps as (
    select w.*, coalesce(w.monday - lag(w.monday) over one > 14, true) as begins
    from weeks w window one as (partition by w.customer_id order by w.monday)
  ),
  runs as (
    select g.*, count(*) filter (where begins) over (partition by g.customer_id order by g.monday) as run from gaps g
  )
  select r.customer_id, r.monday, r.first_day,
    row_number() over (partition by r.customer_id, r.run order by r.monday)
  from runs r
$$;
