-- What is likely to come of each customer, and the models that said so.

create table milepost.prediction_models (
  model_id bigint generated always as identity primary key,
  -- What is predicted: goes_quiet.
  target text not null,
  trained_at timestamptz not null,
  -- The data it learned from: the first and the last of the days it was asked about.
  first_day date not null,
  last_day date not null,
  -- What it is worth, as predict/training.py tells it.
  report jsonb not null,
  -- Whether it beats every simple guess: only then it predicts.
  holds boolean not null,
  -- What was fitted (predict/keeping.py). The newest that holds stays; older ones keep their report alone.
  fitted bytea
);
create index idx_prediction_models_target on milepost.prediction_models (target, model_id desc);
call milepost.protect('milepost.prediction_models');

create table milepost.predictions (
  customer_id text not null,
  target text not null,
  model_id bigint not null references milepost.prediction_models (model_id),
  -- As of the beginning of this day.
  as_of date not null,
  probability double precision not null check (probability between 0 and 1),
  -- The strongest first: [{group, adds, says}].
  reasons jsonb not null,
  primary key (target, customer_id)
);
create index idx_predictions_likely on milepost.predictions (target, probability desc, customer_id);
call milepost.protect('milepost.predictions');
