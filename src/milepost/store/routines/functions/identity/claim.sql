-- Ties from_id to to_id on the word of a public key: only where it is tied to nothing of that kind yet, and, to a
-- customer, where its user is known at no other. Answers whether it is tied to it now.
create or replace function milepost.claim(call text, kind text, from_id text, to_id text) returns boolean
language plpgsql as $$
declare
  who text;
  belongs text;
  known text[];
begin
  if milepost.is_tied(call, kind, from_id, to_id) then
    return true;
  end if;
  -- The id's own lock, as in milepost.tie: of two that claim it at once, one finds the other's tie.
  perform pg_advisory_xact_lock(hashtextextended(kind || ' ' || from_id, 7021963));
  if call <> 'group' then
    if milepost.user_of(kind, from_id) is not null then
      return milepost.is_tied(call, kind, from_id, to_id);
    end if;
  else
    who := milepost.final_user(case kind when 'user' then from_id else milepost.user_of(kind, from_id) end);
    belongs := coalesce(milepost.customer_of('user', who, 'infinity'), milepost.customer_of(kind, from_id, 'infinity'));
    if belongs is not null then
      return belongs = to_id;
    end if;
    known := milepost.customers_of(who);
    if known <> '{}' and to_id <> all (known) then
      return false;
    end if;
  end if;
  perform milepost.tie(call, kind, from_id, to_id);
  return true;
end $$;
