-- Keeping and reading traits. Loaded by name (keep.py).

-- name: tell
-- Keeps rows of milepost.tell_traits; answers whose traits changed.
select kind, id from milepost.tell_traits(%(batch)s::json);

-- name: now
-- What is known of some customers or people at present.
select t.id, t.name, t.value from milepost.traits t
where t.kind = %(kind)s and t.id = any(%(ids)s::text[]) and t.until is null and t.value <> 'null'
order by t.id, t.name;

-- name: history
-- What each trait has been, newest first.
select t.name, nullif(t.value, 'null') as value, t.since, t.until, t.source from milepost.traits t
where t.kind = %(kind)s and t.id = %(id)s
order by t.name, t.since desc
limit %(limit)s;

-- name: is_known
-- Whether anything is known of a customer yet.
select exists (select from milepost.customers where customer_id = %(id)s) as known;

-- name: is_so
-- Whether what these rows tell of a customer is what is known of it.
select coalesce(bool_and(coalesce(t.value, 'null') = coalesce(r.value, 'null')), true) as so
from json_to_recordset(%(batch)s::json) as r(kind text, id text, name text, value jsonb)
left join milepost.traits t on t.kind = r.kind and t.id = r.id and t.name = r.name and t.until is null;

-- name: names
-- Every trait that was told of customers or people, as the team wants it called.
select kind, name, seen, label, type, hidden, first_seen_at from milepost.trait_names
where kind = any(%(kinds)s::text[])
order by kind, lower(coalesce(label, name)), name;

-- name: describe
-- What the team says of a trait; null leaves it as it is seen.
update milepost.trait_names set label = %(label)s, type = %(type)s, hidden = %(hidden)s
where kind = %(kind)s and name = %(name)s
returning kind, name, seen, label, type, hidden, first_seen_at;
