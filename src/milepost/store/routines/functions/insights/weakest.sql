-- The weakest of a customer's competencies by their scores; of one without any points in any, none is.
create or replace function milepost.weakest(scores jsonb) returns text
language sql immutable parallel safe as $$
  select key from (
    select key, value::double precision as score, max(value::double precision) over () as best
    from jsonb_each_text(scores)) as s
  where best > 0 order by score, key limit 1
$$;
