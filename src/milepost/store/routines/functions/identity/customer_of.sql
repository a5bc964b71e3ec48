-- The customer an id belonged to at a time; before it belonged to any, its first. Who goes from one customer to another
-- leaves behind what was done at the first.
create or replace function milepost.customer_of(kind text, id text, at timestamptz) returns text
language sql stable as $$
  select t.to_id from milepost.ties t
  where t.from_id = customer_of.id and t.kind = customer_of.kind and t.call = 'group' and t.undone_at is null
  order by t.made_at > customer_of.at, abs(extract(epoch from t.made_at - customer_of.at)), t.tie_id desc limit 1
$$;
