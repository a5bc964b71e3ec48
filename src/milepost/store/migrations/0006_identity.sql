-- Identity: which user an anonymous id turned out to be, which users are one, who belongs to which customer.
-- Events keep what their sender said; who they belong to can be worked out again, so every tie can be undone.

create table milepost.users (
  user_id text primary key,
  traits jsonb not null default '{}',
  updated_at timestamptz not null default now()
);

-- An id that stands for a user: an anonymous id after `identify`, a former user id after `alias`.
create table milepost.aliases (
  kind text not null check (kind in ('anonymous', 'user')),
  alias_id text not null,
  user_id text not null,
  primary key (kind, alias_id)
);

create index idx_aliases_user on milepost.aliases (user_id);

-- The customer of a user, or of an anonymous id that is no user yet, after `group`.
create table milepost.memberships (
  kind text not null check (kind in ('anonymous', 'user')),
  member_id text not null,
  customer_id text not null,
  primary key (kind, member_id)
);

-- Every tie that changed something, with what stood before it.
create table milepost.identity_changes (
  change_id uuid primary key default milepost.uuid7(),
  call text not null check (call in ('identify', 'group', 'alias')),
  kind text not null check (kind in ('anonymous', 'user')),
  from_id text not null,
  to_id text not null,
  before_id text,
  -- Within the lock, so that the order of the times is the order of the changes.
  made_at timestamptz not null default clock_timestamp(),
  undone_at timestamptz
);
create index idx_identity_changes_from on milepost.identity_changes (from_id, made_at);

-- The user id as it was sent, for events whose stored user is another. Row by row, so that an undo is exact.
create table milepost.sent_users (
  event_id uuid primary key,
  user_id text
);
create index idx_sent_users_user on milepost.sent_users (user_id) where user_id is not null;

-- The user an id stands for in the end. Merges can form a ring (A is B, B is C, C is A); then all of it is the user
-- whom the newest of its merges named.
create function milepost.final_user(start text) returns text
language plpgsql stable as $$
declare
  path text[] := array[start];
  onward text;
begin
  loop
    select a.user_id into onward from milepost.aliases a
      where a.kind = 'user' and a.alias_id = path[cardinality(path)];
    if onward is null then
      return path[cardinality(path)];
    end if;
    exit when onward = any (path);
    path := path || onward;
  end loop;
  return coalesce(
    (select c.to_id from milepost.identity_changes c
      join milepost.aliases a on a.kind = 'user' and a.alias_id = c.from_id and a.user_id = c.to_id
      where c.call = 'alias' and c.undone_at is null and c.from_id = any (path[array_position(path, onward):])
      order by c.made_at desc, c.change_id desc limit 1),
    onward);
end $$;

-- The events that a tie of this id may concern: its own, and those of every id that stands for it.
create function milepost.events_of(kind text, id text) returns uuid[]
language sql stable as $$
  with recursive users (user_id) as (
    select id where kind = 'user'
    union
    select a.alias_id from milepost.aliases a join users u on a.user_id = u.user_id where a.kind = 'user'
  ),
  names as materialized (
    select array(select user_id from users) as users, array(
      select id where kind = 'anonymous'
      union
      select a.alias_id from milepost.aliases a join users u on a.user_id = u.user_id where a.kind = 'anonymous'
    ) as visitors
  )
  select array(
    select e.event_id from public.behavior_events e where e.user_id = any ((select users from names)::text[])
    union
    select n.event_id from milepost.sent_users n where n.user_id = any ((select users from names)::text[])
    union
    select e.event_id from public.behavior_events e where e.anonymous_id = any ((select visitors from names)::text[]))
$$;

-- Whose an event is, from what its sender said.
create function milepost.resolve(sent_customer text, sent_user text, anonymous text)
returns table (customer_id text, user_id text, customer_source text)
language sql stable as $$
  select
    coalesce(sent_customer, m.customer_id, w.customer_id, u.id, anonymous),
    u.id,
    case when sent_customer is not null then 'sent'
      when m.customer_id is not null or w.customer_id is not null then 'user' else 'guess' end
  from (select coalesce(sent_user,
    (select a.user_id from milepost.aliases a where a.kind = 'anonymous' and a.alias_id = anonymous)) as id) as said
  cross join lateral (select milepost.final_user(said.id) as id) as u
  -- A merged user who belongs to no customer yet keeps the one from before the merge.
  left join lateral (
    select m.customer_id from milepost.memberships m
    where m.kind = 'user' and m.member_id in (u.id, said.id) order by m.member_id <> u.id limit 1) as m on true
  left join milepost.memberships w on w.kind = 'anonymous' and w.member_id = anonymous
$$;

-- One lock for all of identity: events take it shared, a change of ties alone. Without it an event that is being
-- stored beside a change could keep its old owner.
create function milepost.lock_identity(changing boolean) returns void
language sql volatile as $$
  select case when changing then pg_advisory_xact_lock(7021963) else pg_advisory_xact_lock_shared(7021963) end
$$;

-- Stores a batch of events (a JSON array of rows) and answers the ids that were new. The whole hot path in one
-- call: a lock, one insert, the triggers, one commit.
create function milepost.store_events(batch json) returns setof uuid
language plpgsql as $$
begin
  perform milepost.lock_identity(false);
  return query
  with sent as materialized (
    select * from json_to_recordset(batch) as x(event_id uuid, customer_id text, user_id text, anonymous_id text,
      session_id text, event_type text, tool_id text, tool_section text, business_impact text, competency_area text,
      current_arr text, target_arr text, growth_stage text, event_metadata jsonb, session_duration bigint,
      time_on_page bigint, page_url text, referrer text, device_type text, browser text, ip_address inet,
      "timestamp" timestamptz, retention_days integer, is_bot boolean)
  ),
  owned as materialized (
    -- Most events name their customer, and few users are merged: only the others are worth a look-up.
    select s.event_id, s.customer_id, s.user_id, 'sent' as customer_source from sent s
    where s.customer_id is not null
      and not exists (select from milepost.aliases a where a.kind = 'user' and a.alias_id = s.user_id)
      and (s.user_id is not null or s.anonymous_id is null or not exists (
        select from milepost.aliases a where a.kind = 'anonymous' and a.alias_id = s.anonymous_id))
    union all
    select s.event_id, r.customer_id, r.user_id, r.customer_source from sent s
    cross join lateral milepost.resolve(s.customer_id, s.user_id, s.anonymous_id) as r
    where s.customer_id is null
      or exists (select from milepost.aliases a where a.kind = 'user' and a.alias_id = s.user_id)
      or (s.user_id is null and s.anonymous_id is not null and exists (
        select from milepost.aliases a where a.kind = 'anonymous' and a.alias_id = s.anonymous_id))
  ),
  stored as (
    insert into public.behavior_events (event_id, customer_id, user_id, anonymous_id, session_id, event_type, tool_id,
      tool_section, business_impact, competency_area, current_arr, target_arr, growth_stage, event_metadata,
      session_duration, time_on_page, page_url, referrer, device_type, browser, ip_address, "timestamp",
      retention_days, is_bot, customer_source)
    select distinct on (s.event_id) s.event_id, o.customer_id, o.user_id, s.anonymous_id, s.session_id, s.event_type,
      s.tool_id, s.tool_section, s.business_impact, s.competency_area, s.current_arr, s.target_arr, s.growth_stage,
      coalesce(s.event_metadata, '{}'), s.session_duration, s.time_on_page, s.page_url, s.referrer, s.device_type,
      s.browser, s.ip_address, s."timestamp", s.retention_days, coalesce(s.is_bot, false), o.customer_source
    from sent s join owned o using (event_id)
    -- In the order of the primary key, so that two writers with the same events cannot lock each other out.
    order by s.event_id
    on conflict (event_id) do nothing
    returning behavior_events.event_id
  ),
  noted as (
    insert into milepost.sent_users (event_id, user_id)
    select s.event_id, s.user_id from stored t join sent s using (event_id) join owned o using (event_id)
    where s.user_id is distinct from o.user_id
    on conflict do nothing
  )
  select t.event_id from stored t;
end $$;

-- Works out anew whose these events are, and moves those that belong to another. Answers how many moved.
create function milepost.move_events(events uuid[]) returns bigint
language plpgsql as $$
declare
  moved bigint;
begin
  with said as (
    select e.event_id, case when e.customer_source = 'sent' then e.customer_id end as customer_id,
      case when n.event_id is null then e.user_id else n.user_id end as user_id, e.anonymous_id,
      e.customer_id as old_customer, e.user_id as old_user, e.customer_source as old_source
    from public.behavior_events e left join milepost.sent_users n using (event_id)
    where e.event_id = any (events)
  ),
  owner as (
    select s.event_id, s.user_id as sent_user, r.* from said s
    cross join lateral milepost.resolve(s.customer_id, s.user_id, s.anonymous_id) as r
    where (r.customer_id, r.user_id, r.customer_source) is distinct from (s.old_customer, s.old_user, s.old_source)
  ),
  noted as (
    insert into milepost.sent_users (event_id, user_id)
    select event_id, sent_user from owner where sent_user is distinct from user_id
    on conflict do nothing
  )
  update public.behavior_events e
    set customer_id = o.customer_id, user_id = o.user_id, customer_source = o.customer_source
    from owner o where e.event_id = o.event_id;
  get diagnostics moved = row_count;
  return moved;
end $$;

-- Ties from_id to to_id. Answers the change, or null where they were tied already. What the id did before follows.
create function milepost.tie(call text, kind text, from_id text, to_id text) returns uuid
language plpgsql as $$
declare
  before text;
  change uuid;
  concerned uuid[];
begin
  if from_id is null or to_id is null or (call <> 'group' and kind = 'user' and from_id = to_id) then
    return null;
  end if;
  -- A tie that stands already needs no lock; most calls are repeats.
  if call = 'group' then
    select m.customer_id into before from milepost.memberships m where m.kind = tie.kind and m.member_id = from_id;
  else
    select a.user_id into before from milepost.aliases a where a.kind = tie.kind and a.alias_id = from_id;
  end if;
  -- In a ring of merges a tie may stand and not be the one that decides: then it is made anew.
  if before is not distinct from to_id and (kind <> 'user' or call = 'group' or milepost.final_user(from_id) <> from_id)
  then
    return null;
  end if;
  perform milepost.lock_identity(true);
  -- Read again: somebody else may have tied it while we waited, and an undo must find what stood before this tie.
  if call = 'group' then
    select m.customer_id into before from milepost.memberships m where m.kind = tie.kind and m.member_id = from_id;
  else
    select a.user_id into before from milepost.aliases a where a.kind = tie.kind and a.alias_id = from_id;
  end if;
  if before is not distinct from to_id and (kind <> 'user' or call = 'group' or milepost.final_user(from_id) <> from_id)
  then
    return null;
  end if;
  if call = 'group' then
    insert into milepost.memberships as m (kind, member_id, customer_id) values (tie.kind, from_id, to_id)
      on conflict on constraint memberships_pkey do update set customer_id = excluded.customer_id;
  else
    insert into milepost.aliases as a (kind, alias_id, user_id) values (tie.kind, from_id, to_id)
      on conflict on constraint aliases_pkey do update set user_id = excluded.user_id;
  end if;
  insert into milepost.identity_changes as i (call, kind, from_id, to_id, before_id)
    values (tie.call, tie.kind, tie.from_id, tie.to_id, before) returning i.change_id into change;
  concerned := milepost.events_of(kind, from_id);
  perform milepost.move_events(array(
    select e.event_id from public.behavior_events e
    where e.event_id = any (concerned)
      -- A user who goes from one customer to another leaves behind what was done at the first.
      and (tie.call <> 'group' or e.customer_source = 'guess')));
  return change;
end $$;

-- Takes a change back: the tie stands as before it, and every event goes to whom it then belongs.
create function milepost.undo_identity(change uuid) returns bigint
language plpgsql as $$
declare
  c milepost.identity_changes;
  concerned uuid[];
begin
  perform milepost.lock_identity(true);
  select * into c from milepost.identity_changes i where i.change_id = change and i.undone_at is null for update;
  if c.change_id is null then
    return null;
  end if;
  -- While the tie still stands: afterwards a ring may no longer lead here.
  concerned := milepost.events_of(c.kind, c.from_id);
  if c.call = 'group' then
    delete from milepost.memberships m where m.kind = c.kind and m.member_id = c.from_id and m.customer_id = c.to_id;
    if c.before_id is not null then
      insert into milepost.memberships (kind, member_id, customer_id) values (c.kind, c.from_id, c.before_id)
        on conflict do nothing;
    end if;
  else
    delete from milepost.aliases a where a.kind = c.kind and a.alias_id = c.from_id and a.user_id = c.to_id;
    if c.before_id is not null then
      insert into milepost.aliases (kind, alias_id, user_id) values (c.kind, c.from_id, c.before_id)
        on conflict do nothing;
    end if;
  end if;
  update milepost.identity_changes i set undone_at = now() where i.change_id = change;
  return milepost.move_events(array(
    select e.event_id from public.behavior_events e
    where e.event_id = any (concerned)
      and (c.call <> 'group' or (e.customer_source = 'user' and e.customer_id = c.to_id))));
end $$;

do $$
declare
  target text;
begin
  foreach target in array array['users', 'aliases', 'memberships', 'identity_changes', 'sent_users'] loop
    execute format('revoke all on milepost.%I from public', target);
    execute format('alter table milepost.%I enable row level security, force row level security', target);
    execute format('create policy %I on milepost.%I using ((select milepost.is_server()))', target || '_server', target);
  end loop;
end $$;
