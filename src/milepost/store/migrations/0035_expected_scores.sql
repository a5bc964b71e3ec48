-- A prediction is a probability, or a score with an interval.

alter table milepost.predictions
  alter column probability drop not null,
  -- What the score is expected to be, and what 80 of 100 lie between.
  add column score double precision,
  add column low double precision,
  add column high double precision,
  add check (num_nonnulls(probability, score) = 1),
  add check (num_nonnulls(score, low, high) in (0, 3) and low <= score and score <= high);

alter table milepost.past_predictions
  alter column probability drop not null,
  add column score double precision,
  add column low double precision,
  add column high double precision,
  add check (num_nonnulls(probability, score) = 1),
  add check (num_nonnulls(score, low, high) in (0, 3) and low <= score and score <= high);
