-- name: list
-- A customer's notes, newest first, before a place in that order.
select note_id, customer_id, text, author, pinned, created_at, updated_at from milepost.notes
where customer_id = %(customer_id)s
  and (%(before)s::timestamptz is null or (created_at, note_id) < (%(before)s, %(before_id)s::uuid))
order by created_at desc, note_id desc limit %(limit)s

-- name: shown
-- What stands on a customer's page: pinned ones first, then the newest.
select note_id, customer_id, text, author, pinned, created_at, updated_at,
  count(*) over () as total
from milepost.notes where customer_id = %(customer_id)s
order by pinned desc, created_at desc, note_id desc limit %(limit)s

-- name: add
insert into milepost.notes (customer_id, text, author, pinned, created_at)
values (%(customer_id)s, %(text)s, %(by)s, %(pinned)s, %(now)s)
returning note_id, customer_id, text, author, pinned, created_at, updated_at

-- name: change
-- What is null stays as it is. To pin a note does not change it.
update milepost.notes set text = coalesce(%(text)s, text), pinned = coalesce(%(pinned)s, pinned),
  updated_at = case when %(text)s::text <> text then %(now)s else updated_at end
where note_id = %(note_id)s
returning note_id, customer_id, text, author, pinned, created_at, updated_at

-- name: delete
delete from milepost.notes where note_id = %(note_id)s returning note_id
