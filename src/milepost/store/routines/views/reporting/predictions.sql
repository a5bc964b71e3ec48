-- How likely each target of the plan is for each customer, as last predicted.
create or replace view reporting.predictions as
  select s.target, s.customer_id, s.as_of, s.probability, s.reasons, s.model_id, m.trained_at as model_trained_at,
    s.score, s.low, s.high
  from milepost.predictions s join milepost.prediction_models m using (model_id);
