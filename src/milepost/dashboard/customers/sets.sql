-- Sets of columns of the customers' list. Loaded by name (sets.py).

-- name: list
-- The team's by name, and this member's own, which has none.
select s.set_id, s.name, s.columns from milepost.column_sets s left join milepost.members m using (member_id)
where s.name is not null or m.email = %(email)s
order by lower(s.name) nulls last

-- name: hold
-- Nobody else saves one until the transaction ends: there are only so many.
lock table milepost.column_sets in share row exclusive mode

-- name: count
select count(*) as sets from milepost.column_sets where name is not null and lower(name) <> lower(%(name)s)

-- name: save
-- One of that name is replaced.
insert into milepost.column_sets (name, columns, updated_at, updated_by)
values (%(name)s, %(columns)s, %(now)s, %(email)s)
on conflict (lower(name)) do update set name = excluded.name, columns = excluded.columns,
  updated_at = excluded.updated_at, updated_by = excluded.updated_by

-- name: save_own
insert into milepost.column_sets (member_id, columns, updated_at, updated_by)
select member_id, %(columns)s, %(now)s, %(email)s from milepost.members where email = %(email)s
on conflict (member_id) do update set columns = excluded.columns, updated_at = excluded.updated_at

-- name: forget_own
delete from milepost.column_sets s using milepost.members m where s.member_id = m.member_id and m.email = %(email)s

-- name: delete
delete from milepost.column_sets where set_id = %(set_id)s and name is not null
