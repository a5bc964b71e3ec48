-- Whose numbers they are: the column store knows customers and users by these alone.

-- name: customer
-- A customer's number, null before its first event has reached the column store; no row where nothing is known of it.
select (select number from milepost.numbers where kind = 'customer' and id = %(id)s) as number
where exists (select from milepost.standing where customer_id = %(id)s)
  or exists (select from milepost.customers where customer_id = %(id)s);

-- name: user
select number from milepost.numbers where kind = 'user' and id = %(id)s;

-- name: names
-- Of the visitors, who may be many, only those that are software.
select number, kind, id from milepost.numbers
where number = any(%(numbers)s::integer[]) and (kind = 'user' or number = any(%(software)s::integer[]));

-- name: customers
select n.number, n.id, c.name from milepost.numbers n left join milepost.customers c on c.customer_id = n.id
where n.kind = 'customer' and n.number = any(%(numbers)s::integer[]);

-- name: numbers
select number, id from milepost.numbers where kind = 'customer' and id = any(%(ids)s::text[]);

-- name: matching
-- Of these users those who have a text in their id, name, role or address, by what they are called; no text: all.
select n.number from milepost.numbers n
left join milepost.traits called on called.kind = 'person' and called.id = n.id and called.name = 'name'
  and called.until is null
where n.number = any(%(numbers)s::integer[]) and (%(like)s::text is null or n.id ilike %(like)s or exists (
  select from milepost.traits t where t.kind = 'person' and t.id = n.id and t.name in ('name', 'role', 'email')
    and t.until is null and t.word ilike %(like)s))
order by lower(coalesce(called.word, n.id)), n.id;
