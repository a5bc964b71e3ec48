-- Erases what was known of a customer or a person, its history too, here and in the column store.
create or replace function milepost.forget_traits(of text, whose text) returns void
language plpgsql as $$
begin
  delete from milepost.traits t where t.kind = of and t.id = whose;
  if found then
    insert into milepost.traits_gone (number)
      select n.number from milepost.numbers n
      where n.kind = case of when 'person' then 'user' else of end and n.id = whose;
  end if;
end $$;
