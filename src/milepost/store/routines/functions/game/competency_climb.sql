-- A competency's points day by day, added up, for the plan's competencies.
create or replace function milepost.competency_climb(customers text[], as_of date)
returns table (customer_id text, competency text, day date, points bigint)
language sql stable as $$
  select d.customer_id, d.competency, d.day,
    (sum(d.points) over (partition by d.customer_id, d.competency order by d.day))::bigint
  from milepost.competency_days d
  where d.customer_id = any (customers) and d.day <= as_of
    and d.competency in (select item ->> 'id' from milepost.plan, jsonb_array_elements(document -> 'competencies') as item)
$$;
