-- Takes a tie back: at once for what is stored from now on, in the background for what was stored before. False where
-- there is no such tie, or it was undone before.
create or replace function milepost.undo_tie(tie uuid) returns boolean
language plpgsql as $$
declare
  undone milepost.ties;
begin
  update milepost.ties t set undone_at = clock_timestamp() where t.tie_id = undo_tie.tie and t.undone_at is null
    returning t.* into undone;
  if undone.tie_id is null then
    return false;
  end if;
  perform milepost.follow_later(undone.kind, undone.from_id);
  return true;
end $$;
