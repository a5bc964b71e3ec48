-- Has the stored events of an id looked at, from the first on, however far a look at them has come.
create or replace function milepost.follow_later(kind text, id text) returns void
language sql as $$
  insert into milepost.followings as f (kind, id) values (follow_later.kind, follow_later.id)
  on conflict on constraint followings_pkey do update set listed = false, behind = null, after = null
$$;
