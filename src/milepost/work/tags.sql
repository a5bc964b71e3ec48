-- name: of_customers
-- The tags of some customers, by their letters.
select customer_id, tag from milepost.tags where customer_id = any (%(customer_ids)s) order by customer_id, tag_key

-- name: add
-- Each tag for each customer, written as it first was for anybody, which is looked up once. What is there already stays.
with written as materialized (
  select key, coalesce(
    (select first.tag from milepost.tags first where first.tag_key = key order by added_at, tag_id limit 1), given) as tag
  from unnest(%(keys)s::text[], %(tags)s::text[]) as t(key, given)
)
insert into milepost.tags (customer_id, tag_key, tag, added_at, added_by)
select customer_id, key, tag, %(now)s, %(by)s
from unnest(%(customer_ids)s::text[]) as c(customer_id) cross join written
order by customer_id, key
on conflict (customer_id, tag_key) do nothing
returning customer_id

-- name: remove
-- Locked in one order, as they are added.
with gone as materialized (
  select customer_id, tag_key from milepost.tags
  where customer_id = any (%(customer_ids)s) and tag_key = any (%(keys)s)
  order by customer_id, tag_key for update
)
delete from milepost.tags t using gone g where t.customer_id = g.customer_id and t.tag_key = g.tag_key
returning t.customer_id

-- name: counts
-- Every tag with its customers, by its letters, behind a place in that order.
select tag_key, (array_agg(tag order by added_at, tag_id))[1] as tag, count(*) as customers from milepost.tags
where %(after)s::text is null or tag_key > %(after)s
group by tag_key order by tag_key limit %(limit)s
