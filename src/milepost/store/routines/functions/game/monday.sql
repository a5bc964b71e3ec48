-- The Monday of a day's ISO week.
create or replace function milepost.monday(day date) returns date
language sql immutable parallel safe as $$
  select day - (extract(isodow from day)::integer - 1)
$$;
