-- Notes, for ids that are listed, whom their look has to wait for: every transaction with a number smaller than ours may
-- have read the ties before the last change of theirs. Ours is given out after that change was seen, so it must be a
-- transaction of its own. Answers how many ids.
create or replace function milepost.begin_followings() returns integer
language plpgsql as $$
declare
  begun integer;
begin
  perform pg_advisory_xact_lock(hashtext('milepost.followings'));
  update milepost.followings set behind = pg_current_xact_id() where listed and behind is null;
  get diagnostics begun = row_count;
  return begun;
end $$;
