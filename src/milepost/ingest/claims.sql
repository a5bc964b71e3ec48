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

-- name: describe_customer
-- Keeps what `group` told of a customer; newer words replace older ones, key by key.
insert into milepost.customers as c (customer_id, name, traits, updated_at)
values (%(customer_id)s, %(name)s, %(traits)s::jsonb, now())
on conflict (customer_id) do update set name = coalesce(excluded.name, c.name), traits = c.traits || excluded.traits,
  updated_at = now();

-- name: describe_new_customer
-- Keeps it where nothing is known of the customer yet; whether what is known is that now.
with first as (
  insert into milepost.customers (customer_id, name, traits, updated_at)
  values (%(customer_id)s, %(name)s, %(traits)s::jsonb, now())
  on conflict do nothing
  returning customer_id
)
select exists (select from first) or exists (
  select from milepost.customers c
  where c.customer_id = %(customer_id)s and c.name is not distinct from coalesce(%(name)s, c.name)
    and c.traits @> %(traits)s::jsonb);

-- name: describe_user
-- Keeps what `identify` told of a user.
insert into milepost.users as u (user_id, traits, updated_at) values (%(user_id)s, %(traits)s::jsonb, now())
on conflict (user_id) do update set traits = u.traits || excluded.traits, updated_at = now();
