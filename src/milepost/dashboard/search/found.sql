-- What the command bar finds by a part of a name or an id: `like`, and `prefix` in small letters. What begins so comes
-- first, by an index; the rest is looked through only where that was not enough, and no further than `limit` matches.

-- name: customers_by_name
select id, name from (
  (select c.customer_id as id, c.name from milepost.customers c
   where lower(c.name) like %(prefix)s and exists (select from milepost.standing s where s.customer_id = c.customer_id)
   order by lower(c.name) using ~<~, c.customer_id limit %(limit)s)
  union all
  (select c.customer_id, c.name from milepost.customers c
   where c.name ilike %(like)s and lower(c.name) not like %(prefix)s
     and exists (select from milepost.standing s where s.customer_id = c.customer_id)
   limit %(limit)s)
) found limit %(limit)s

-- name: customers_by_id
select found.id, coalesce(c.name, '') as name from (
  (select customer_id as id from milepost.standing where customer_id = %(exact)s)
  union all
  (select customer_id from milepost.standing where customer_id ilike %(like)s and customer_id <> %(exact)s
   limit %(limit)s)
) found left join milepost.customers c on c.customer_id = found.id limit %(limit)s

-- name: people
-- By their id, name or address; those that only traits tell of by their whole id. Ids are taken as typed or in small
-- letters: there are the most of them, and without regard to case each costs three times as much.
with found as (
  (select id from milepost.numbers where kind = 'user' and id = %(exact)s)
  union all
  (select id from milepost.numbers
   where kind = 'user' and id like any(%(as_typed)s::text[]) and id <> %(exact)s limit %(limit)s)
  union all
  (select id from milepost.traits
   where kind = 'person' and name in ('name', 'email') and until is null and (word ilike %(like)s or id = %(exact)s)
   limit %(limit)s)
)
select f.id, coalesce(t.value #>> '{}', '') as name
from (select distinct id from found) f
left join milepost.traits t on t.kind = 'person' and t.id = f.id and t.name = 'name' and t.until is null
  and jsonb_typeof(t.value) = 'string'

-- name: kept
-- What the team saved under a name. `page` and `address`: of a report; `id` of a segment is its slug.
select kind, id, name, page, address from (
  select 'report' as kind, report_id::text as id, name, shown ->> 'page' as page, shown ->> 'address' as address
  from milepost.reports where shown ->> 'page' = any(%(pages)s::text[])
  union all select 'dashboard', dashboard_id::text, name, null, null from milepost.dashboards
  union all select 'cohort', cohort_id::text, name, null, null from milepost.cohorts
  union all select 'segment', slug, name, null, null from milepost.segments
) kept
where name ilike %(like)s
order by lower(name) not like %(prefix)s, length(name), lower(name), kind, id
limit %(limit)s

-- name: patience
select set_config('statement_timeout', %(milliseconds)s, true)
