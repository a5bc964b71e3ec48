-- Whether any destination wants a topic: who has to work to find out what there is to tell asks first.
create or replace function milepost.is_wanted(topic text) returns boolean
language sql stable as $$
  select exists (select from milepost.destinations d where d.disabled_at is null and is_wanted.topic = any (d.topics))
$$;
