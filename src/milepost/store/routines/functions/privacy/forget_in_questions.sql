-- Takes an id out of cohorts, reports, dashboards and exports by schedule that name it: they ask for "(erased)" from then
-- on, who is nobody. Such an export is written anew by its next run, so that the id is in no manifest either.
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
  update milepost.export_schedules set filters = milepost.without_id(filters, whose), anew_at = least(anew_at, now())
    where position(quoted in filters::text) > 0;
end $$;
