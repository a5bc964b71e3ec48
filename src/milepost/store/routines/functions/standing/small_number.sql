-- A whole number from 0 to 1000 out of a metadata value, 0 where there is none.
create or replace function milepost.small_number(value jsonb) returns integer
language sql immutable parallel safe as $$
  select case when jsonb_typeof(value) = 'number' then least(greatest(round(value::numeric), 0), 1000)::integer else 0 end
$$;
