-- Takes an id out of cohorts, reports and dashboards that name it: they ask for "(erased)" from then on, who is nobody.
create or replace function milepost.forget_in_questions(whose text) returns void
language plpgsql as $$
declare
  -- As JSON writes it, between quotes; as an address does, for reports that keep theirs.
  quoted constant text := to_json(whose)::text;
begin
  update milepost.cohorts set definition = replace(definition::text, quoted, '"(erased)"')::jsonb
    where position(quoted in definition::text) > 0;
  update milepost.reports set question = replace(question::text, quoted, '"(erased)"')::jsonb
    where position(quoted in question::text) > 0;
  update milepost.dashboards set layout = replace(layout::text, quoted, '"(erased)"')::jsonb
    where position(quoted in layout::text) > 0;
end $$;
