-- Reading recommendations: a customer's, and the team's queue. Held out ones are in none of these.

-- name: open
-- A customer's open recommendations, best first, each thing asked for once.
select * from (
  select distinct on (asks_for) r.* from milepost.recommendations r
  where customer_id = %(customer_id)s and not held_out and closed_at is null and expires_at > %(now)s
  order by asks_for, rank desc, made_at desc, recommendation_id desc) as open
order by rank desc, made_at desc, recommendation_id desc

-- name: history
-- A customer's closed recommendations, newest first.
select r.* from milepost.recommendations r
where customer_id = %(customer_id)s and not held_out and (closed_at is not null or expires_at <= %(now)s)
order by made_at desc, recommendation_id desc limit %(limit)s

-- name: one
-- One recommendation of a customer.
select r.* from milepost.recommendations r
where recommendation_id = %(recommendation_id)s and customer_id = %(customer_id)s and not held_out

-- name: known
-- Whether anything is known of a customer.
select 1 from milepost.standing where customer_id = %(customer_id)s

-- name: queue
-- A page of the queue, best first. {which} and {behind} come from fixed lists in read.py.
with page as (
  select * from milepost.recommendations r
  where not held_out and {which} and {behind}
  order by rank desc, made_at desc, recommendation_id desc
  limit %(limit)s
)
select p.*, c.name as customer_name from page p left join milepost.customers c using (customer_id)
order by p.rank desc, p.made_at desc, p.recommendation_id desc

-- name: queue_count
-- How many the queue has, counted up to a limit.
select count(*) as total from (
  select 1 from milepost.recommendations r where not held_out and {which} limit %(most)s) as few

-- name: best
-- The best open recommendation of each of some customers.
select distinct on (customer_id) r.* from milepost.recommendations r
where customer_id = any (%(customers)s) and not held_out and closed_at is null and expires_at > %(now)s
order by customer_id, rank desc, made_at desc, recommendation_id desc
