-- Ties from_id to to_id, from now on. Answers the tie, or null where they were tied already. What was stored before
-- follows in the background (milepost.follow).
create or replace function milepost.tie(call text, kind text, from_id text, to_id text) returns uuid
language plpgsql as $$
declare
  made uuid;
begin
  if from_id is null or to_id is null or (call <> 'group' and kind = 'user' and from_id = to_id) then
    return null;
  end if;
  -- A tie that stands already needs no lock; most calls are repeats.
  if milepost.is_tied(call, kind, from_id, to_id) then
    return null;
  end if;
  -- The id's own lock: two that say the same at once make one tie.
  perform pg_advisory_xact_lock(hashtextextended(kind || ' ' || from_id, 7021963));
  if milepost.is_tied(call, kind, from_id, to_id) then
    return null;
  end if;
  insert into milepost.ties as t (call, kind, from_id, to_id, made_at)
    -- Later than every tie of the id before it, whatever the clock says.
    values (tie.call, tie.kind, tie.from_id, tie.to_id, greatest(clock_timestamp(), (
      select max(o.made_at) + interval '1 microsecond' from milepost.ties o
      where o.kind = tie.kind and o.from_id = tie.from_id and o.undone_at is null)))
    returning t.tie_id into made;
  perform milepost.follow_later(kind, from_id);
  return made;
end $$;
