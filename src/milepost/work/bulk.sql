-- name: others
-- Of these, who has another owner, or none where one is given, or one where none is.
select c.customer_id from unnest(%(customer_ids)s::text[]) as c(customer_id)
left join milepost.traits t on t.kind = 'customer' and t.id = c.customer_id and t.name = 'owner' and t.until is null
where coalesce(t.value, 'null') <> %(owner)s::jsonb

-- name: task
-- One task for each customer, in one order everywhere; one whose id is there already was set before.
insert into milepost.tasks (task_id, customer_id, title, text, due, assignee_id, created_at, created_by)
select coalesce(given, milepost.uuid7()), customer_id, %(title)s, %(text)s, %(due)s, %(assignee_id)s, %(now)s, %(by)s
from unnest(%(customer_ids)s::text[], %(task_ids)s::uuid[]) as c(customer_id, given)
order by customer_id
on conflict (task_id) do nothing
returning customer_id, task_id
