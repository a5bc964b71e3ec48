-- The number of an id, given to it if it has none.
create or replace function milepost.number_of(kind text, id text) returns integer
language plpgsql as $$
declare
  found integer;
begin
  loop
    select n.number into found from milepost.numbers n where n.kind = number_of.kind and n.id = number_of.id;
    if found is not null then
      return found;
    end if;
    insert into milepost.numbers (kind, id) values (number_of.kind, number_of.id) on conflict do nothing;
  end loop;
end $$;
