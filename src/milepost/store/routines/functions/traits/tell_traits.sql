-- Keeps what was told of customers and people: a JSON array of rows {kind, id, name, value, figure, type, since, source}.
-- At each moment a trait has the value told last before it, in whatever order that was heard; of two told of the same
-- moment the greater. Answers of whom something changed.
create or replace function milepost.tell_traits(batch json) returns table (kind text, id text)
language plpgsql as $$
#variable_conflict use_column
declare
  news milepost.trait_news[];
begin
  -- Most of what is told is known already, and then no lock is needed.
  if cardinality(milepost.news_of(batch)) = 0 then
    return;
  end if;
  -- Whoever is told of is locked, in one order, so that two do not write one trait's history at once.
  insert into milepost.customers as c (customer_id)
    select distinct r.id from json_to_recordset(batch) as r(kind text, id text) where r.kind = 'customer' order by 1
    on conflict (customer_id) do update set updated_at = now();
  -- A customer whom the team or another tool told of is one without a single event, too.
  insert into milepost.standing as s (customer_id, pinned)
    select distinct r.id, true from json_to_recordset(batch) as r(kind text, id text, source text)
    where r.kind = 'customer' and r.source <> 'event'
      and not exists (select from milepost.standing k where k.customer_id = r.id and k.pinned) order by 1
    on conflict (customer_id) do update set pinned = true where not s.pinned;
  insert into milepost.users as u (user_id)
    select distinct r.id from json_to_recordset(batch) as r(kind text, id text) where r.kind = 'person' order by 1
    on conflict (user_id) do update set updated_at = now();
  news := milepost.news_of(batch);
  -- Only what is new of a name: a conflict locks its row, and everybody who tells of that trait would wait for it.
  insert into milepost.trait_names as n (kind, name, seen)
    select r.kind, r.name, array_agg(distinct r.type order by r.type)
    from json_to_recordset(batch) as r(kind text, name text, type text)
    where r.type is not null and not exists (
      select from milepost.trait_names k where k.kind = r.kind and k.name = r.name and k.seen @> array[r.type])
    group by 1, 2 order by 1, 2
    on conflict (kind, name) do update
      set seen = array(select distinct t from unnest(n.seen || excluded.seen) as t order by 1)
      where not n.seen @> excluded.seen;
  -- Told again: known to hold until then.
  update milepost.traits as t set told_at = r.since
    from unnest(news) as r
    where r.again and t.kind = r.kind and t.id = r.id and t.name = r.name and t.since = r.behind and t.told_at < r.since;
  -- Told late: what stood before comes back when it was told last.
  insert into milepost.traits (kind, id, name, since, told_at, value, figure, source)
    select distinct on (t.kind, t.id, t.name, t.told_at)
      t.kind, t.id, t.name, t.told_at, t.told_at, t.value, t.figure, t.source
    from unnest(news) as r
    join milepost.traits t on t.kind = r.kind and t.id = r.id and t.name = r.name and t.since = r.behind
    where not r.again and r.returns_at is not null
    on conflict do nothing;
  update milepost.traits as t set told_at = t.since
    from unnest(news) as r
    where not r.again and r.returns_at is not null
      and t.kind = r.kind and t.id = r.id and t.name = r.name and t.since = r.behind;
  insert into milepost.traits as t (kind, id, name, since, told_at, value, figure, source)
    select r.kind, r.id, r.name, r.since, r.since, r.value, r.figure, r.source from unnest(news) as r where not r.again
    order by 1, 2, 3, 4
    on conflict (kind, id, name, since) do update
      set value = excluded.value, figure = excluded.figure, source = excluded.source, xid = pg_current_xact_id()
      where excluded.value > t.value;
  -- Each row holds until the next one; one that stands alone holds already.
  update milepost.traits as t set until = o.until, xid = pg_current_xact_id()
    from (
      select a.kind, a.id, a.name, a.since,
        lead(a.since) over (partition by a.kind, a.id, a.name order by a.since) as until
      from (
        select distinct r.kind, r.id, r.name from unnest(news) as r
        where not r.again and (r.behind is not null or exists (
          select from milepost.traits l where l.kind = r.kind and l.id = r.id and l.name = r.name and l.since > r.since))
      ) as k
      join milepost.traits a on a.kind = k.kind and a.id = k.id and a.name = k.name) as o
    where t.kind = o.kind and t.id = o.id and t.name = o.name and t.since = o.since and t.until is distinct from o.until;
  -- Lists are searched and sorted by it. The newest is the one that holds; asked for as `until is null`, the index by
  -- value would be read, with the names of all customers for each.
  update milepost.customers c set name = o.name
    from (
      select r.id, (select nullif(left(t.value #>> '{}', 200), '') from milepost.traits t
        where t.kind = 'customer' and t.id = r.id and t.name = 'name' order by t.since desc limit 1) as name
      from (select distinct n.id from unnest(news) as n
        where n.kind = 'customer' and n.name = 'name' and not n.again) as r) as o
    where c.customer_id = o.id and c.name is distinct from o.name;
  if milepost.is_wanted('trait.changed') and not milepost.is_importing() then
    perform milepost.tell('trait.changed', r.id, r.name,
        jsonb_build_object('trait', r.name, 'value', t.value, 'before', b.value), clock_timestamp())
      from unnest(news) as r
      join milepost.traits t on t.kind = r.kind and t.id = r.id and t.name = r.name and t.since = r.since
      join milepost.traits b on b.kind = r.kind and b.id = r.id and b.name = r.name and b.since = r.behind
      where r.kind = 'customer' and not r.again and t.until is null and t.value <> b.value
      -- What the team, a server or a file says is told whole.
      limit case when not exists (select from unnest(news) as n where n.source <> 'event')
        then milepost.room_for('trait.changed', clock_timestamp()) end;
  end if;
  return query select distinct r.kind, r.id from unnest(news) as r where not r.again;
end $$;
