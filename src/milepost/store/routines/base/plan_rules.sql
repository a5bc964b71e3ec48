-- What the formulas need of a plan. A plan is long, and kept compressed elsewhere: this stays small, and in the row.
-- Immutable, as jsonb of jsonb is, though jsonb_build_object cannot promise that of everything it takes.
create or replace function milepost.plan_rules(document jsonb) returns jsonb
language sql immutable parallel safe as $$
  select jsonb_build_object(
    'scoring', document -> 'scoring', 'risk', document -> 'risk', 'weights', document #> '{points,weight}',
    'tools', jsonb_path_query_array(document, '$.tools[*].id'),
    'competencies', jsonb_path_query_array(document, '$.competencies[*].id'))
$$;
