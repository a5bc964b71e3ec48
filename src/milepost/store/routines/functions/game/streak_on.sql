-- A customer's streak, as streaks_of has it.
create or replace function milepost.streak_on(customer text, as_of date)
returns table (weeks bigint, longest bigint, state text, keep_by date)
language sql stable as $$
  select s.weeks, s.longest, s.state, s.keep_by from milepost.streaks_of(array[customer], as_of) as s
$$;
