-- The host a visitor came from, without "www." and without a user's name or password.
create or replace function milepost.referrer_source(referrer text) returns text
language sql immutable parallel safe as $$
  select lower(substring(referrer from '^[a-zA-Z][a-zA-Z0-9+.-]*://(?:[^/?#@]*@)?(?:[wW]{3}\.)?([^/:?#@]{1,200})'))
$$;
