-- Annotations of charts. Loaded by name (annotations.py).

-- name: list
-- The newest day first, behind a place in that order.
select annotation_id, day, text, author, created_at, updated_at from milepost.annotations
where (%(first)s::date is null or day >= %(first)s) and (%(last)s::date is null or day <= %(last)s)
  and (%(before)s::date is null or (day, annotation_id) < (%(before)s, %(before_id)s::uuid))
order by day desc, annotation_id desc limit %(limit)s

-- name: add
insert into milepost.annotations (day, text, author, created_at)
values (%(day)s, %(text)s, %(by)s, %(now)s)
returning annotation_id, day, text, author, created_at, updated_at

-- name: change
-- What is null stays as it is.
update milepost.annotations set day = coalesce(%(day)s, day), text = coalesce(%(text)s, text),
  updated_at = case when (coalesce(%(day)s, day), coalesce(%(text)s, text)) <> (day, text)
    then %(now)s else updated_at end
where annotation_id = %(annotation_id)s
returning annotation_id, day, text, author, created_at, updated_at

-- name: delete
delete from milepost.annotations where annotation_id = %(annotation_id)s returning annotation_id
