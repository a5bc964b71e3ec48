-- How traits reach the mirror. The first three are for PostgreSQL, the others for the engine. Loaded by name (traits.py).

-- name: changed
-- Whether traits have changed since a snapshot.
select exists (select from milepost.traits where xid >= pg_snapshot_xmin(%(seen)s::pg_snapshot)
    and not pg_visible_in_snapshot(xid, %(seen)s::pg_snapshot))
  or exists (select from milepost.traits_gone where xid >= pg_snapshot_xmin(%(seen)s::pg_snapshot)
    and not pg_visible_in_snapshot(xid, %(seen)s::pg_snapshot))

-- name: number
-- Gives numbers to those whose traits changed since a snapshot, or (null) to all.
insert into milepost.numbers (kind, id)
select distinct p.kind, p.id from (
  select case t.kind when 'person' then 'user' else t.kind end as kind, t.id from milepost.traits t
  where %(seen)s::text is null or t.xid >= pg_snapshot_xmin(%(seen)s::pg_snapshot)) as p
where not exists (select from milepost.numbers n where n.kind = p.kind and n.id = p.id)
order by 1, 2
on conflict do nothing

-- name: gone
-- Whose traits were erased since a snapshot.
select distinct number from milepost.traits_gone
where xid >= pg_snapshot_xmin(%(seen)s::pg_snapshot) and not pg_visible_in_snapshot(xid, %(seen)s::pg_snapshot)

-- name: copy
-- Traits in the mirror's columns; a null is somebody without a number yet.
copy (select $row from milepost.traits t $people where $changed) to stdout

-- name: row
t.name, n.number, to_char(t.since at time zone 'UTC', 'YYYY-MM-DD HH24:MI:SS.US'),
coalesce(to_char(t.until at time zone 'UTC', 'YYYY-MM-DD HH24:MI:SS.US'), '2299-12-31 00:00:00.000000'),
case jsonb_typeof(t.value) when 'null' then ''
  when 'array' then (select coalesce(string_agg(v, ', ' order by place), '')
    from jsonb_array_elements_text(t.value) with ordinality as x(v, place))
  else t.value #>> '{}' end,
case jsonb_typeof(t.value) when 'array' then t.value::text else '' end

-- name: figure
coalesce(t.figure, 'NaN')

-- name: people
left join milepost.numbers n on n.id = t.id and n.kind = case t.kind when 'person' then 'user' else t.kind end

-- name: sum
-- How many there are, and the sum of a hash of all that the mirror holds of each.
select count(*), coalesce(mod(mod(sum(('x' || substr(md5(concat_ws(chr(31), $row,
    encode(float8send(coalesce(t.figure, 'NaN')), 'hex'))), 1, 16))::bit(64)::bigint::numeric), 18446744073709551616)
  + 18446744073709551616, 18446744073709551616), 0)::text
from milepost.traits t $people

-- name: mirror_sum
select count(), toString(sum(reinterpretAsUInt64(reverse(substring(MD5(arrayStringConcat([toString(name),
  toString(number), toString(since), toString(until), text, list,
  lower(hex(reverse(reinterpretAsFixedString(figure))))], '\x1f')), 1, 8)))))
from traits final

-- name: take_away
-- Rows that mark those of some numbers as gone; what was in them is gone with the next `optimize`.
insert into traits (name, number, since, until, text, list, figure, ver, is_deleted)
select name, number, since, until, '', '', 0, {ver:UInt64}, 1 from traits final where number in {numbers:Array(UInt32)}

-- name: has_deleted
select count() from traits where is_deleted = 1
