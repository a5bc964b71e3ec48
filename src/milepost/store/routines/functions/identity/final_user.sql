-- The user an id stands for in the end. Merges can form a ring (A is B, B is C, C is A); then all of it is the user
-- whom the newest of its merges named.
create or replace function milepost.final_user(start text) returns text
language plpgsql stable as $$
declare
  path text[] := array[start];
  onward text;
begin
  loop
    onward := milepost.user_of('user', path[cardinality(path)]);
    if onward is null then
      return path[cardinality(path)];
    end if;
    exit when onward = any (path);
    path := path || onward;
  end loop;
  return (
    select newest.to_id from (
      select distinct on (t.from_id) t.to_id, t.made_at, t.tie_id from milepost.ties t
      where t.from_id = any (path[array_position(path, onward):]) and t.kind = 'user' and t.call <> 'group'
        and t.undone_at is null
      order by t.from_id, t.made_at desc, t.tie_id desc) as newest
    order by newest.made_at desc, newest.tie_id desc limit 1);
end $$;
