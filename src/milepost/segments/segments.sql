-- Segments. Loaded by name (keep.py, compile.py).

-- name: list
select segment_id, slug, name, conditions, created_at, updated_at, created_by from milepost.segments
order by lower(name), segment_id

-- name: read
-- By its slug or its id.
select segment_id, slug, name, conditions, created_at, updated_at, created_by from milepost.segments
where slug = lower(%(named)s) or segment_id::text = lower(%(named)s)

-- name: hold
-- Nobody else makes or changes one until the transaction ends: names and slugs are each one's own.
lock table milepost.segments in share row exclusive mode

-- name: slugs
select slug from milepost.segments where slug = %(slug)s or slug like %(slug)s || '-%%'

-- name: same_name
select 1 from milepost.segments where lower(name) = lower(%(name)s) and segment_id is distinct from %(id)s::uuid

-- name: create
insert into milepost.segments (slug, name, conditions, created_by, created_at, updated_at)
values (%(slug)s, %(name)s, %(conditions)s, %(by)s, %(now)s, %(now)s)
returning segment_id, slug, name, conditions, created_at, updated_at, created_by

-- name: change
-- What is null stays as it is.
update milepost.segments set name = coalesce(%(name)s, name), conditions = coalesce(%(conditions)s, conditions),
  updated_at = %(now)s
where segment_id = %(id)s
returning segment_id, slug, name, conditions, created_at, updated_at, created_by

-- name: delete
delete from milepost.segments where segment_id = %(id)s returning segment_id

-- name: documents
-- What may name a segment: cohorts, saved reports and exports by schedule that say the word, and playbooks for one, written
-- as a condition.
select 'cohort' as kind, cohort_id::text as id, name, definition as document from milepost.cohorts
where position('segment' in definition::text) > 0
union all
select 'report', report_id::text, name, question from milepost.reports
where position('segment' in question::text) > 0
union all
select 'export', schedule_id::text, target, filters from milepost.export_schedules
where position('segment' in filters::text) > 0
union all
select 'playbook', p ->> 'id', coalesce(nullif(p ->> 'name', ''), p ->> 'id'),
  jsonb_build_object('field', 'segment', 'values', jsonb_build_array(p ->> 'segment'))
from milepost.plan cross join lateral jsonb_array_elements(document -> 'playbooks') as p
where p ->> 'segment' is not null
order by kind, name, id

-- name: numbered
-- For whom a condition on their number holds.
s.customer_id in (select id from milepost.numbers where kind = 'customer' and number = any({numbers}::integer[]))

-- name: by_traits
-- For whom conditions on traits hold, each looking into subqueries beside it.
s.customer_id in (
  with beside as (select 1) {found}
  select s.customer_id from milepost.standing s where {hold})

-- name: numbers
select m.number from milepost.standing s
join milepost.numbers m on m.kind = 'customer' and m.id = s.customer_id
where (s.total_events > 0 or s.total_actions > 0) and {within}
order by m.number
