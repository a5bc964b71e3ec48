-- How many more messages of a topic there is room for in the hour up to `at`. Anybody with the public key can have events
-- say what is told one by one: a flood of it must not keep what else there is to tell waiting.
create or replace function milepost.room_for(topic text, at timestamptz) returns integer
language sql stable as $$
  select greatest(0, 1000 - count(*))::integer
  from (
    select from milepost.messages m
    where m.topic = room_for.topic and m.made_at > room_for.at - interval '1 hour' limit 1000) as told
$$;
