-- name: worth
-- The newest report in short, whether its model holds or not.
select m.trained_at, m.first_day, m.last_day, m.holds, m.report ->> 'kind' as kind, f.rows, f.happened, f.auc, f.low,
  f.high, f.calibration_error, rival.name as rival, rival.auc as rival_auc
from milepost.prediction_models m
cross join lateral jsonb_to_record(m.report -> 'figures')
  as f(rows integer, happened integer, auc float, low float, high float, calibration_error float)
cross join lateral (
  select b ->> 'name' as name, (b ->> 'auc')::float as auc from jsonb_array_elements(m.report -> 'beside') as b
  order by 2 desc limit 1
) rival
where m.target = %(target)s
order by m.model_id desc limit 1;

-- name: likeliest
select customer_id, probability, reasons, as_of from milepost.predictions
where target = %(target)s order by probability desc, customer_id limit %(most)s;

-- name: one
select customer_id, probability, reasons, as_of from milepost.predictions
where target = %(target)s and customer_id = %(customer)s and as_of > %(since)s;
