-- Takes an id out of cohorts, reports and dashboards that name it: they ask for "(erased)" from then on, who is nobody.
create or replace function milepost.forget_in_questions(whose text) returns void
language plpgsql as $$
declare
  -- As JSON writes it: few rows have it at all, and most of these name something else.
  quoted constant text := to_json(whose)::text;
begin
  update milepost.cohorts set definition = milepost.without_id(definition, whose)
    where position(quoted in definition::text) > 0;
  update milepost.reports set question = milepost.without_id(question, whose)
    where position(quoted in question::text) > 0;
  update milepost.dashboards set layout = milepost.without_id(layout, whose)
    where position(quoted in layout::text) > 0;
end $$;
