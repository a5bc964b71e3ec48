-- Erasing a customer or a person. Loaded by name (erase.py).

-- name: follows
-- Whether stored events have yet to follow a tie, or its undoing, of those that stand for a person or in a customer.
with recursive names (kind, id) as (
  (
    select 'user', %(whose)s where %(of)s = 'person'
    union
    select t.kind, t.from_id from milepost.ties t where %(of)s = 'customer' and t.call = 'group' and t.to_id = %(whose)s
  )
  union
  select t.kind, t.from_id from milepost.ties t join names n on n.kind = 'user' and t.to_id = n.id
  where t.call <> 'group'
)
select exists (select from milepost.followings f join names n on n.kind = f.kind and n.id = f.id) as follows;

-- name: events
select milepost.erase_events(%(of)s, %(whose)s, %(most)s) as gone;

-- name: customer
select milepost.forget_customer(%(whose)s);

-- name: person
select milepost.forget_person(%(whose)s);

-- name: addresses
-- Saved reports whose page's address may name an id, to be locked while it is taken out.
select report_id, shown from milepost.reports where position(%(part)s in shown::text) > 0 for update;

-- name: set_address
update milepost.reports set shown = jsonb_set(shown, '{address}', to_jsonb(%(address)s::text)) where report_id = %(id)s;
