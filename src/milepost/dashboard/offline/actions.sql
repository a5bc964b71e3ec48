-- name: by_hand
-- An action that was recorded by hand, deleted or not.
select action_id, customer_id, user_id, action_type, role, description, competency_area, business_impact, value,
  currency, action_metadata, source, "timestamp", received_at, deleted_at, private
from public.customer_actions
where action_id = %(action_id)s and customer_id = %(customer_id)s and source = %(source)s

-- name: change
-- Changes one.
update public.customer_actions set action_type = %(action_type)s, role = %(role)s, description = %(description)s,
  competency_area = %(competency_area)s, business_impact = %(business_impact)s, value = %(value)s,
  currency = %(currency)s, "timestamp" = %(timestamp)s, private = %(private)s
where action_id = %(action_id)s and customer_id = %(customer_id)s and source = %(source)s and deleted_at is null
returning action_id

-- name: delete
-- It counts no more, but can be put back.
update public.customer_actions set deleted_at = %(now)s
where action_id = %(action_id)s and customer_id = %(customer_id)s and source = %(source)s and deleted_at is null

-- name: restore
update public.customer_actions set deleted_at = null
where action_id = %(action_id)s and customer_id = %(customer_id)s and source = %(source)s and deleted_at is not null

-- name: note_changer
-- Keeps who changed one last.
insert into milepost.action_authors (action_id, changed_by, changed_at) values (%(action_id)s, %(by)s, %(now)s)
on conflict (action_id) do update set changed_by = excluded.changed_by, changed_at = excluded.changed_at

-- name: authors
select action_id, recorded_by, changed_by, changed_at from milepost.action_authors where action_id = any (%(action_ids)s)
