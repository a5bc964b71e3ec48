-- name: claimed_customers
-- The customer that each claim may name; null where its user's ties say.
select milepost.claimed_customer(c.customer_id, c.user_id, c.anonymous_id)
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
