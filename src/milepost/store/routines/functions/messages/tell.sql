-- Tells every destination that wants a topic; where none does, nothing is written. `data` is what it says, to which are
-- added whom it is about and how they are called; `whom` narrows it to these destinations. The worker sends it (messages/sending.py) once this has committed.
create or replace function milepost.tell(topic text, customer text, about text, data jsonb, at timestamptz,
  recommendation uuid default null, whom uuid[] default null) returns void
language sql as $$
  with heard as materialized (
    select d.destination_id from milepost.destinations d
    where d.disabled_at is null and tell.topic = any (d.topics) and (whom is null or d.destination_id = any (whom))
  ),
  made as (
    insert into milepost.messages (topic, customer_id, recommendation_id, about, body, made_at)
    select tell.topic, tell.customer, tell.recommendation, tell.about,
      json_build_object(
        'type', tell.topic,
        'timestamp', to_char(tell.at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'),
        'data', case when tell.customer is null then '{}' else jsonb_build_object('customer_id', tell.customer,
          'customer_name', (select c.name from milepost.customers c where c.customer_id = tell.customer)) end || tell.data
      )::text,
      tell.at
    where exists (select from heard)
    returning message_id
  )
  insert into milepost.deliveries (message_id, destination_id, next_try_at)
  select made.message_id, heard.destination_id, tell.at from made cross join heard
$$;
