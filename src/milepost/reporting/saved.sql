-- Statements that the team keeps. Loaded by name (saved.py).

-- name: list
select query_id, name, statement, chart, changed_at, changed_by from milepost.saved_queries order by lower(name)

-- name: add
insert into milepost.saved_queries (name, statement, chart, made_at, made_by, changed_at, changed_by)
select %(name)s, %(statement)s, %(chart)s, %(now)s, %(by)s, %(now)s, %(by)s
where (select count(*) from milepost.saved_queries) < %(most)s
returning query_id

-- name: change
update milepost.saved_queries set name = %(name)s, statement = %(statement)s, chart = %(chart)s, changed_at = %(now)s,
  changed_by = %(by)s
where query_id = %(query_id)s returning query_id

-- name: delete
delete from milepost.saved_queries where query_id = %(query_id)s returning query_id
