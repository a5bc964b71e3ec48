-- name: list
-- Tasks by their day, those without one last, behind a place in that order.
select t.task_id, t.customer_id, c.name as customer_name, t.title, t.text, t.due, m.email as assignee, t.created_at,
  t.created_by, t.done_at, t.done_by
from milepost.tasks t
left join milepost.members m on m.member_id = t.assignee_id
left join milepost.customers c on c.customer_id = t.customer_id
where (%(customer_id)s::text is null or t.customer_id = %(customer_id)s)
  and (%(assignee)s::text is null or m.email = %(assignee)s)
  and (not %(unassigned)s::boolean or t.assignee_id is null)
  and (%(done)s::boolean is null or (t.done_at is not null) = %(done)s::boolean)
  and (%(due_before)s::date is null or t.due < %(due_before)s)
  and (%(due_from)s::date is null or t.due >= %(due_from)s)
  and (%(after_id)s::uuid is null
    or (coalesce(t.due, 'infinity'), t.task_id) > (coalesce(%(after)s::date, 'infinity'), %(after_id)s::uuid))
order by coalesce(t.due, 'infinity'), t.task_id limit %(limit)s

-- name: board
-- The first tasks of each part, and how many there are in it. Only what orders them is sorted, as rows are wide and
-- texts are slow; `part` is a place in work/tasks.py.
with theirs as (
  select t.task_id, t.done_at, t.due,
    t.done_at is null and t.assignee_id is not null and t.assignee_id = (
      select member_id from milepost.members where email = %(first)s) as mine,
    case when t.done_at is not null then 4 when t.due is null then 3 when t.due < %(today)s::date then 0
      when t.due < %(today)s::date + %(week)s::integer then 1 else 2 end as part
  from milepost.tasks t
  where (t.done_at is null or t.done_at > %(done_since)s)
    and (%(assignee)s::text is null
      or t.assignee_id = (select member_id from milepost.members where email = %(assignee)s::text))
    and (not %(unassigned)s::boolean or t.assignee_id is null)
),
placed as (
  select task_id, part, count(*) over (partition by part) as total,
    row_number() over (partition by part order by coalesce(mine, false) desc, done_at desc, coalesce(due, 'infinity'),
      task_id) as place
  from theirs
),
picked as materialized (
  select * from placed where place <= %(limit)s
)
select t.task_id, t.customer_id, c.name as customer_name, t.title, t.text, t.due, m.email as assignee, t.created_at,
  t.created_by, t.done_at, t.done_by, p.part, p.total
from picked p
join milepost.tasks t using (task_id)
left join milepost.members m on m.member_id = t.assignee_id
left join milepost.customers c on c.customer_id = t.customer_id
order by p.part, p.place

-- name: done_of
select t.task_id, t.customer_id, c.name as customer_name, t.title, t.text, t.due, m.email as assignee, t.created_at,
  t.created_by, t.done_at, t.done_by
from milepost.tasks t
left join milepost.members m on m.member_id = t.assignee_id
left join milepost.customers c on c.customer_id = t.customer_id
where t.customer_id = %(customer_id)s and t.done_at is not null
order by t.done_at desc, t.task_id desc limit %(limit)s

-- name: one
select t.task_id, t.customer_id, c.name as customer_name, t.title, t.text, t.due, m.email as assignee, t.created_at,
  t.created_by, t.done_at, t.done_by
from milepost.tasks t
left join milepost.members m on m.member_id = t.assignee_id
left join milepost.customers c on c.customer_id = t.customer_id
where t.task_id = %(task_id)s

-- name: hold
-- Until the transaction ends, nobody else changes it.
select from milepost.tasks where task_id = %(task_id)s for update

-- name: add
-- One task for each customer, in their order.
insert into milepost.tasks (customer_id, title, text, due, assignee_id, created_at, created_by)
select customer_id, %(title)s, %(text)s, %(due)s, %(assignee_id)s, %(now)s, %(by)s
from unnest(%(customer_ids)s::text[]) with ordinality as c(customer_id, place) order by place
returning task_id

-- name: change
-- All but whether it is done.
update milepost.tasks set title = %(title)s, text = %(text)s, due = %(due)s, assignee_id = %(assignee_id)s
where task_id = %(task_id)s

-- name: finish
-- One that is done already stays as it was done.
update milepost.tasks set done_at = %(now)s, done_by = %(by)s where task_id = %(task_id)s and done_at is null

-- name: reopen
update milepost.tasks set done_at = null, done_by = null where task_id = %(task_id)s

-- name: delete
delete from milepost.tasks where task_id = %(task_id)s returning task_id

-- name: member
select member_id, email from milepost.members where email = %(email)s

-- name: members
-- Whom a task can be given to.
select email from milepost.members order by email
