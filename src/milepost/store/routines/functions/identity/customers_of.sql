-- The customers a user is known to belong to, by ties and by what was stored last, the surest first.
create or replace function milepost.customers_of(user_id text) returns text[]
language sql stable as $$
  select coalesce(array_agg(known.customer_id order by known.place), '{}') from (
    select t.to_id as customer_id, 1 as place from milepost.ties t
    where t.from_id = customers_of.user_id and t.kind = 'user' and t.call = 'group' and t.undone_at is null
    union all
    (select e.customer_id, 2 from (
      select b.customer_id, b.customer_source from public.behavior_events b
      where b.user_id = customers_of.user_id order by b.event_id desc limit 20) as e
    where e.customer_source <> 'guess')) as known
$$;
