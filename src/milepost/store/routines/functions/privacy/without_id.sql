-- A question or a cohort as JSON, with "(erased)" where it names somebody by this id: among the values of a field that
-- can, and as the value of a place in an answer. Anything else that happens to be spelt so stays.
create or replace function milepost.without_id(said jsonb, whose text) returns jsonb
language plpgsql immutable as $$
declare
  names boolean;
begin
  if jsonb_typeof(said) = 'array' then
    return (select coalesce(jsonb_agg(milepost.without_id(one, whose) order by place), '[]')
      from jsonb_array_elements(said) with ordinality as x (one, place));
  elsif jsonb_typeof(said) <> 'object' then
    return said;
  end if;
  names := coalesce(said ->> 'field' in ('customer_id', 'user_id', 'search')
    or said ->> 'field' ~ '^(trait|person|metadata)\.', false);
  return (select coalesce(jsonb_object_agg(key, case
      when key in ('value', 'value2', 'label') and one = to_jsonb(whose) then to_jsonb('(erased)'::text)
      when key = 'values' and names and jsonb_typeof(one) = 'array' then (
        select coalesce(jsonb_agg(case when v = to_jsonb(whose) then to_jsonb('(erased)'::text) else v end order by at), '[]')
        from jsonb_array_elements(one) with ordinality as y (v, at))
      else milepost.without_id(one, whose) end), '{}')
    from jsonb_each(said) as x (key, one));
end $$;
