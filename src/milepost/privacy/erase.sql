-- Erasing a customer or a person. Loaded by name (erase.py).

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
