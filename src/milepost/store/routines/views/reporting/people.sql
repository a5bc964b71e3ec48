-- Every user of whom something was told, as they are now.
create or replace view reporting.people as
  select p.user_id, o.customer_id, t.traits ->> 'name' as name, coalesce(t.traits, '{}') as traits
  from (
    select user_id from milepost.users
    union select id from milepost.traits where kind = 'person' and until is null and value <> 'null') as p
  left join (
    select id as user_id, jsonb_object_agg(t.name, t.value) as traits from milepost.traits t
    where t.kind = 'person' and t.until is null and t.value <> 'null' group by 1) as t using (user_id)
  -- As milepost.customer_of says of now, which would read with the rights of who asks.
  left join lateral (
    select t.to_id as customer_id from milepost.ties t
    where t.from_id = p.user_id and t.kind = 'user' and t.call = 'group' and t.undone_at is null
    order by t.made_at > now(), abs(extract(epoch from t.made_at - now())), t.tie_id desc limit 1) as o on true;
