-- The user an id is tied to by its newest standing tie; null where it is tied to none.
create or replace function milepost.user_of(kind text, id text) returns text
language sql stable as $$
  select t.to_id from milepost.ties t
  where t.from_id = user_of.id and t.kind = user_of.kind and t.call <> 'group' and t.undone_at is null
  order by t.made_at desc, t.tie_id desc limit 1
$$;
