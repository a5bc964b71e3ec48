-- The outcomes that count for customers, private ones included, whoever asks: of those a customer reads what they are
-- worth alone. Their competency is known where it is one of a plan's.
create or replace function milepost.outcomes_of(customers text[])
returns table (customer_id text, action_id uuid, day date, business_impact text, competency text)
language sql stable as $$
  select a.customer_id::text, a.action_id, (a."timestamp" at time zone 'UTC')::date, a.business_impact,
    a.competency_area::text
  from public.customer_actions a
  where a.customer_id = any (customers) and a.role = 'outcome' and a.deleted_at is null and not a.private
  union all
  select p.customer_id, p.action_id, p.day, p.business_impact,
    (select min(c.id) from milepost.plans, jsonb_array_elements_text(rules -> 'competencies') as c(id)
      where md5(c.id) = p.competency_mark)
  from milepost.private_outcomes p
  where p.customer_id = any (customers)
$$;
