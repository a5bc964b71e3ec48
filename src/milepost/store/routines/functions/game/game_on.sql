-- A customer's badges, as badges_of has them.
create or replace function milepost.game_on(customer text, as_of date)
returns table (place bigint, badge_id text, value bigint, at_least bigint, earned_on date)
language sql stable as $$
  select b.place, b.badge_id, b.value, b.at_least, b.earned_on
  from milepost.badges_of(array[customer], as_of) as b order by b.place
$$;
