-- name: claimed_customers
-- The customer that each claim may name; null where its user's ties say. Nearly all are of a user without ties who is known
-- at no other customer, which is found out here as claimed_customer would, for a third of what it costs.
select case
  when c.user_id is not null
    and not exists (
      select from milepost.ties t where t.from_id = c.user_id and t.kind = 'user' and t.undone_at is null)
    and coalesce((
      select bool_or(e.customer_id = c.customer_id) from (
        select b.customer_id, b.customer_source from public.behavior_events b
        where b.user_id = c.user_id order by b.event_id desc limit 20) as e
      where e.customer_source <> 'guess'), true)
  then c.customer_id
  else milepost.claimed_customer(c.customer_id, c.user_id, c.anonymous_id)
end
from unnest(%s::text[], %s::text[], %s::text[]) with ordinality as c(customer_id, user_id, anonymous_id, place)
order by c.place;

-- name: claim
-- Ties an id to another where it is tied to none; whether it is tied to it now.
select milepost.claim(%s, %s, %s, %s);

-- name: tie
-- Ties an id to another (identify, group, alias); null where they were tied already.
select milepost.tie(%s, %s, %s, %s);

-- name: one_at_a_time
-- Of two that are the first to tell of a customer, the second finds what the first told.
select pg_advisory_xact_lock(hashtextextended('customer ' || %s, 7021963));
