-- The lowest UUIDv7 of a millisecond.
create or replace function milepost.uuid7_at(at timestamptz) returns uuid
language sql immutable parallel safe as $$
  select (lpad(to_hex((extract(epoch from at) * 1000)::bigint), 12, '0') || '70008000000000000000')::uuid
$$;
