-- Whether an import is under way that has not lost its process.
create or replace function milepost.is_importing() returns boolean language sql stable as $$
  select exists (select from milepost.imports where alive_until > now())
$$;
