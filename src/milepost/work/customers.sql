-- name: unknown
-- Which of these nothing is known of, in their order.
select customer_id from unnest(%(customer_ids)s::text[]) with ordinality as c(customer_id, place)
where not exists (select from milepost.standing s where s.customer_id = c.customer_id)
  and not exists (select from milepost.customers n where n.customer_id = c.customer_id)
order by place limit 1

-- name: known
-- Of which of these something is known.
select customer_id from unnest(%(customer_ids)s::text[]) as c(customer_id)
where exists (select from milepost.standing s where s.customer_id = c.customer_id)
  or exists (select from milepost.customers n where n.customer_id = c.customer_id)
