-- Predictions of several targets, and what came of them.

alter table milepost.prediction_models
  -- Since when it predicts no more although it held, and why, in a sentence.
  add column withdrawn_at timestamptz,
  add column withdrawn_why text;

-- The newest training of each target: what it says where nothing could be learned.
create table milepost.prediction_trainings (
  target text primary key,
  tried_at timestamptz not null,
  says text
);
call milepost.protect('milepost.prediction_trainings');

-- A week's predictions, until it is known what came of them.
create table milepost.past_predictions (
  customer_id text not null,
  target text not null,
  as_of date not null,
  model_id bigint not null references milepost.prediction_models (model_id),
  probability double precision not null check (probability between 0 and 1),
  primary key (target, as_of, customer_id)
);
create index idx_past_predictions_customer on milepost.past_predictions (customer_id);
call milepost.protect('milepost.past_predictions');

-- What came of a week's predictions, in figures of everybody (predict/watching.py).
create table milepost.prediction_checks (
  check_id bigint generated always as identity primary key,
  target text not null,
  model_id bigint not null references milepost.prediction_models (model_id),
  as_of date not null,
  checked_at timestamptz not null,
  figures jsonb not null
);
create index idx_prediction_checks_target on milepost.prediction_checks (target, as_of desc);
call milepost.protect('milepost.prediction_checks');

-- A message of the webhook is of a recommendation, or of a customer and what is predicted of them.
alter table milepost.webhook_deliveries
  alter column recommendation_id drop not null,
  add column customer_id text,
  add column target text,
  add check (num_nonnulls(recommendation_id, customer_id) = 1);
create index idx_webhook_deliveries_customer on milepost.webhook_deliveries (customer_id) where customer_id is not null;
