-- Looks at the next `most` stored events of an id, and gives those that are another's now to whom they belong. Holds the
-- receiving customers' locks for as long as that takes; what the events leave behind is counted anew later
-- (milepost.recount_left). `done`: all of them have been looked at.
create or replace function milepost.follow(kind text, id text, most integer,
  out looked integer, out moved integer, out done boolean)
language plpgsql set plan_cache_mode = force_generic_plan set enable_seqscan = off as $$
declare
  last uuid;
  next uuid[];
  events uuid[];
  customers text[];
  users text[];
  customer_sources text[];
  user_sources text[];
  sent_users text[];
begin
  moved := 0;
  select coalesce(f.after, '00000000-0000-0000-0000-000000000000') into last
    from milepost.followings f where f.kind = follow.kind and f.id = follow.id and f.behind is not null for update;
  if last is null then
    looked := 0;
    done := true;
    return;
  end if;
  if kind = 'user' then
    next := array(
      select event_id from (
        (select e.event_id from public.behavior_events e where e.user_id = follow.id and e.event_id > last
          order by e.event_id limit most)
        union
        (select e.event_id from public.behavior_events e where e.sent_user_id = follow.id and e.event_id > last
          order by e.event_id limit most)) as either
      order by 1 limit most);
  else
    next := array(
      select e.event_id from public.behavior_events e where e.anonymous_id = follow.id and e.event_id > last
      order by e.event_id limit most);
  end if;
  looked := cardinality(next);
  done := looked < most;
  with said as materialized (
    select e.event_id, case when e.customer_source = 'sent' then e.customer_id end as sent_customer,
      case e.user_source when 'sent' then e.user_id when 'merged' then e.sent_user_id end as sent_user,
      e.anonymous_id, e.received_at, e.customer_id, e.user_id, e.customer_source, e.user_source
    from public.behavior_events e where e.event_id = any (next)
  ),
  owners as materialized (
    select s.*, r.customer_id as new_customer, r.user_id as new_user, r.customer_source as new_customer_source,
      r.user_source as new_user_source
    from (select distinct sent_customer, sent_user, anonymous_id, received_at from said) as s
    cross join lateral milepost.resolve(s.sent_customer, s.sent_user, s.anonymous_id, s.received_at) as r
  )
  select array_agg(s.event_id), array_agg(o.new_customer), array_agg(o.new_user), array_agg(o.new_customer_source),
    array_agg(o.new_user_source), array_agg(case when o.new_user_source = 'merged' then s.sent_user end)
  into events, customers, users, customer_sources, user_sources, sent_users
  from said s join owners o on (s.sent_customer, s.sent_user, s.anonymous_id, s.received_at)
    is not distinct from (o.sent_customer, o.sent_user, o.anonymous_id, o.received_at)
  where (s.customer_id, s.user_id, s.customer_source, s.user_source)
    is distinct from (o.new_customer, o.new_user, o.new_customer_source, o.new_user_source);
  if events is not null then
    perform milepost.lock_standing(customers);
    perform set_config('milepost.following', kind || ' ' || id, true);
    update public.behavior_events e set customer_id = m.customer_id, user_id = m.user_id,
      customer_source = m.customer_source, user_source = m.user_source, sent_user_id = m.sent_user_id
    from unnest(events, customers, users, customer_sources, user_sources, sent_users)
      as m(event_id, customer_id, user_id, customer_source, user_source, sent_user_id)
    where e.event_id = m.event_id;
    get diagnostics moved = row_count;
    perform set_config('milepost.following', '', true);
    -- Those that were locked for events that do not count, or are gone meanwhile.
    perform milepost.forget_customers(customers);
  end if;
  if done then
    delete from milepost.followings f where f.kind = follow.kind and f.id = follow.id;
  else
    update milepost.followings f set after = next[looked], looked_at = f.looked_at + looked, moved = f.moved + follow.moved
      where f.kind = follow.kind and f.id = follow.id;
  end if;
end $$;
