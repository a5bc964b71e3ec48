-- Cohorts: what is saved stands in PostgreSQL, what customers did in the column store.

-- name: list
select cohort_id, name, definition, created_at, updated_at, created_by from milepost.cohorts
order by lower(name), cohort_id;

-- name: read
select cohort_id, name, definition, created_at, updated_at, created_by from milepost.cohorts
where cohort_id = %(id)s;

-- name: create
insert into milepost.cohorts (name, definition, created_by) values (%(name)s, %(definition)s, %(by)s)
returning cohort_id, name, definition, created_at, updated_at, created_by;

-- name: change
update milepost.cohorts set name = %(name)s, definition = %(definition)s, updated_at = now()
where cohort_id = %(id)s
returning cohort_id, name, definition, created_at, updated_at, created_by;

-- name: delete
delete from milepost.cohorts where cohort_id = %(id)s;

-- name: number_everybody
-- Who has offline actions alone has no number yet: no event brought one.
insert into milepost.numbers (kind, id)
select 'customer', s.customer_id from milepost.standing s
where not exists (select from milepost.numbers n where n.kind = 'customer' and n.id = s.customer_id)
on conflict do nothing;

-- name: everybody
select n.number from milepost.standing s join milepost.numbers n on n.kind = 'customer' and n.id = s.customer_id
where s.total_events > 0 or s.total_actions > 0;

-- name: customers
select n.number, n.id as customer_id, c.name, s.last_event_at, s.total_events
from unnest(%(numbers)s::integer[]) as x (number)
join milepost.numbers n on n.number = x.number
join milepost.standing s on s.customer_id = n.id
left join milepost.customers c on c.customer_id = n.id
order by n.id collate "C"
limit %(limit)s offset %(offset)s;

-- name: who_did
-- For the column store: customers by how many events of a kind they have.
select customer from events final where is_bot = 0 and $events group by customer having $asked;

-- name: numbers_of
-- For the column store: numbers, each once.
select distinct number from ($numbers);
