-- A customer against its own past, in UTC days with an event: those of the last 28, and how many are usual in 28, by the
-- 84 days before; of a newer customer by those since its first, at least 28. Null: fewer than 2 of them, or a newer one.
-- missed_days: of who fell to half or less, how many usual days passed since it was last seen.
create or replace function milepost.own_past(customer text, as_of date)
returns table (active_days integer, usual_days double precision, missed_days double precision)
language sql stable as $$
  select d.recent, u.usual, case when d.recent <= u.usual / 2 then u.usual * (as_of - d.last) / 28 end
  from (
    select count(*) filter (where day > as_of - 28)::integer as recent,
      count(*) filter (where day <= as_of - 28) as earlier, max(day) as last
    from milepost.customer_days where customer_id = customer and day > as_of - 112 and day <= as_of) as d
  left join (
    select as_of - (first_event_at at time zone 'UTC')::date as age
    from milepost.standing where customer_id = customer) as f on true
  cross join lateral (
    select case when d.earlier >= 2 and f.age >= 55
      then 28 * d.earlier / least(84, f.age - 27)::double precision end as usual) as u
$$;
