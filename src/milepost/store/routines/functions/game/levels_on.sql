-- A customer's levels, as levels_of has them.
create or replace function milepost.levels_on(customer text, as_of date)
returns table (place bigint, competency text, points bigint, level integer, reached_on date)
language sql stable as $$
  select l.place, l.competency, l.points, l.level, l.reached_on
  from milepost.levels_of(array[customer], as_of) as l order by l.place
$$;
