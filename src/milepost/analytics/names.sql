-- Who is who: the column store knows customers and users by their numbers alone.

-- name: of_customers
-- `{holds}` is a condition on `v`, the customer's id, and `n`, the same as a number where it is one.
select number from (
  select number, id as v, case when id ~ '{number}' then id::numeric end as n
  from milepost.numbers where kind = 'customer') as x
where {holds};

-- name: of_users
select number from (
  select number, id as v, case when id ~ '{number}' then id::numeric end as n
  from milepost.numbers where kind = 'user') as x
where {holds};

-- name: of_insights
-- Of customers that have a number: the others have no event in the column store yet.
select number from (
  select m.number, v, case when v ~ '{number}' then v::numeric end as n
  from milepost.standing as i
  join milepost.numbers m on m.kind = 'customer' and m.id = i.customer_id
  cross join lateral (select ({column})::text as v) as t) as x
where {holds};

-- name: of_settled_insights
-- The same for what depends on the day: out of today's snapshots, and worked out for those that changed since theirs.
select number from (
  select m.number, v, case when v ~ '{number}' then v::numeric end as n
  from (
    select i.customer_id, ({settled})::text as v
    from milepost.snapshots i join milepost.standing s using (customer_id)
    where i.day = (now() at time zone 'UTC')::date and not s.unsettled
    union all
    select s.customer_id, ({worked_out})::text
    from milepost.standing s left join milepost.snapshots n using (customer_id)
    cross join lateral milepost.insights_on(s.customer_id, (now() at time zone 'UTC')::date) as i
    where s.unsettled or n.day is distinct from (now() at time zone 'UTC')::date) as everybody
  join milepost.numbers m on m.kind = 'customer' and m.id = everybody.customer_id) as x
where {holds};

-- name: competencies
-- The plan's competencies, in its order.
select item ->> 'id' as id from milepost.plan, jsonb_array_elements(document -> 'competencies') as item;

-- name: ids
select number, id from milepost.numbers where kind = %(kind)s order by number limit %(most)s;

-- name: numbers
select number from milepost.numbers where kind = %(kind)s and id = any(%(ids)s);

-- name: people
-- The first in the order of an answer: most events, then by id.
select n.number, n.kind, n.id, x.events, x.last_at, o.id as customer_id, c.name
from unnest(%(numbers)s::integer[], %(customers)s::integer[], %(events)s::bigint[], %(last)s::bigint[])
  as x (number, customer, events, last_at)
join milepost.numbers n on n.number = x.number
join milepost.numbers o on o.number = x.customer
left join milepost.customers c on c.customer_id = o.id
order by x.events desc, n.id collate "C"
limit %(limit)s;
