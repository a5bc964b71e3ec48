-- Lists, beside each id that a tie or its undoing concerns, the ids that stand for it. Answers how many ids were new.
create or replace function milepost.list_followings() returns integer
language plpgsql as $$
declare
  fresh record;
  listed integer;
begin
  perform pg_advisory_xact_lock(hashtext('milepost.followings'));
  -- Taken first, so that no tie asks for one of them anew before this is over.
  perform from milepost.followings f where not f.listed order by f.kind, f.id for update;
  get diagnostics listed = row_count;
  for fresh in
    with recursive names (kind, id) as (
      select f.kind, f.id from milepost.followings f where not f.listed
      union
      select t.kind, t.from_id from milepost.ties t join names n on n.kind = 'user' and t.to_id = n.id
      where t.call <> 'group' and t.undone_at is null
    )
    select n.kind, n.id from names n order by 1, 2
  loop
    insert into milepost.followings as f (kind, id, listed) values (fresh.kind, fresh.id, true)
    on conflict on constraint followings_pkey do update set listed = true, behind = null, after = null;
  end loop;
  return listed;
end $$;
