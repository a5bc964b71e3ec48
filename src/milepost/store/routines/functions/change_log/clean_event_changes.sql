-- Forgets changes from before a time; answers how many. Mirrors that had not read them yet build themselves anew.
create or replace function milepost.clean_event_changes(before timestamptz) returns integer
language plpgsql as $$
declare
  gone integer;
  highest xid8;
begin
  with old as (
    delete from milepost.event_changes where at < before returning xid
  ),
  old_traits as (
    delete from milepost.traits_gone where at < before returning xid
  )
  select count(*), max(xid) into gone, highest from (select xid from old union all select xid from old_traits) as cleaned;
  if gone > 0 then
    update milepost.event_log set cleaned_xid = greatest(cleaned_xid, highest);
  end if;
  return gone;
end $$;
