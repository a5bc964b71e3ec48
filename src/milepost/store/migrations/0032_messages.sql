-- Messages: what is told to those who look at no page. Rules: docs/messages.md.

-- Where messages go: a webhook, a channel of Slack or Teams, an e-mail address.
create table milepost.destinations (
  destination_id uuid primary key default milepost.uuid7(),
  kind text not null check (kind in ('webhook', 'slack', 'teams', 'email')),
  name text not null check (length(name) between 1 and 100),
  address text not null check (length(address) between 1 and 2000),
  -- What it is told of (vocabulary.py, Topic).
  topics text[] not null,
  -- The server's settings say it; no page changes it.
  preset boolean not null default false,
  -- Each has a signing secret of its own, which nobody stores: it is derived of the server's, the row and this number.
  secret_turn integer not null default 0,
  -- Hours in which nothing is sent; what is due waits for their end. From 22:00 until 07:00 is over midnight.
  quiet_from time,
  quiet_until time,
  time_zone text not null default 'UTC',
  made_at timestamptz not null,
  made_by text,
  -- When it last took something, and since when every try has failed.
  sent_at timestamptz,
  failing_since timestamptz,
  disabled_at timestamptz,
  disabled_why text,
  check ((quiet_from is null) = (quiet_until is null))
);
create unique index idx_destinations_preset on milepost.destinations (preset) where preset;

-- What was told, written with what it tells of. Without a destination that wants it there is no message.
create table milepost.messages (
  message_id uuid primary key default milepost.uuid7(),
  topic text not null,
  -- Whom it is about; erased with them.
  customer_id text check (length(customer_id) between 1 and 200),
  recommendation_id uuid references milepost.recommendations on delete cascade,
  -- What of them: a prediction's target, a badge, a competency and its level, a trait, an alert.
  about text,
  body text not null,
  made_at timestamptz not null
);
create index idx_messages_customer on milepost.messages (customer_id, topic, about, made_at) where customer_id is not null;
create index idx_messages_recommendation on milepost.messages (recommendation_id) where recommendation_id is not null;
create index idx_messages_made on milepost.messages (made_at);

-- How each went. next_try_at is null once it was taken, given up or withheld.
create table milepost.deliveries (
  message_id uuid not null references milepost.messages on delete cascade,
  destination_id uuid not null references milepost.destinations on delete cascade,
  attempts integer not null default 0,
  next_try_at timestamptz,
  delivered_at timestamptz,
  gave_up_at timestamptz,
  last_status integer,
  last_error text,
  primary key (message_id, destination_id)
);
create index idx_deliveries_due on milepost.deliveries (next_try_at) where next_try_at is not null;
create index idx_deliveries_destination on milepost.deliveries (destination_id, message_id);

call milepost.protect('milepost.destinations');
call milepost.protect('milepost.messages');
call milepost.protect('milepost.deliveries');

-- What the one webhook of before had yet to send is sent to its address once that is known again, when a server starts.
insert into milepost.destinations (kind, name, address, topics, preset, made_at)
select 'webhook', 'MILEPOST_WEBHOOK_URL', 'https://unknown.invalid/', array['recommendation.made', 'prediction.likely'],
  true, now()
where (select webhook from milepost.coach);
insert into milepost.messages (message_id, topic, customer_id, recommendation_id, about, body, made_at)
select delivery_id, body::jsonb ->> 'type', coalesce(d.customer_id, r.customer_id), recommendation_id, target, body, d.made_at
from milepost.webhook_deliveries d left join milepost.recommendations r using (recommendation_id);
insert into milepost.deliveries
select d.delivery_id, t.destination_id, d.attempts, d.next_try_at, d.delivered_at, d.gave_up_at, d.last_status, d.last_error
from milepost.webhook_deliveries d cross join milepost.destinations t;
drop table milepost.webhook_deliveries;
alter table milepost.coach drop column webhook;
