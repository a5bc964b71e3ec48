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

-- name: score_worth
select m.trained_at, m.first_day, m.last_day, m.holds, f.rows, f.error, f.covers, f.width, rival.name as rival,
  rival.error as rival_error
from milepost.prediction_models m
cross join lateral jsonb_to_record(m.report -> 'figures') as f(rows integer, error float, covers float, width float)
cross join lateral (
  select b ->> 'name' as name, (b ->> 'error')::float as error from jsonb_array_elements(m.report -> 'beside') as b
  order by 2 limit 1
) rival
where m.target = %(target)s
order by m.model_id desc limit 1;

-- name: says
-- Why nothing was learned at last, else why the newest model predicts no more.
select coalesce(
  (select says from milepost.prediction_trainings where target = %(target)s),
  (select withdrawn_why from milepost.prediction_models where target = %(target)s order by model_id desc limit 1)
) as says;

-- name: likeliest
-- The likeliest first; of a score, the highest.
select customer_id, probability, reasons, as_of,
  case when score is not null then json_build_object('expected', score, 'low', low, 'high', high) end as score
from milepost.predictions p
where target = %(target)s order by p.probability desc, p.score desc, customer_id limit %(most)s;

-- name: others
select target, probability, reasons,
  case when score is not null then json_build_object('expected', score, 'low', low, 'high', high) end as score
from milepost.predictions where customer_id = %(customer)s and target <> %(target)s and as_of > %(since)s;

-- name: soon
-- Who is likelier than not to go quiet, as of the last week, the likeliest first.
select p.customer_id, coalesce(c.name, p.customer_id) as name, p.probability, coalesce(p.reasons -> 0 ->> 'says', '') as reason
from milepost.predictions p left join milepost.customers c using (customer_id)
where p.target = %(target)s and p.as_of > %(since)s and p.probability >= 0.5 and p.customer_id <> all (%(but)s)
order by p.probability desc, p.customer_id limit %(most)s;

-- name: one
select customer_id, probability, reasons, as_of from milepost.predictions
where target = %(target)s and customer_id = %(customer)s and as_of > %(since)s;

-- name: model
select trained_at, first_day, last_day, holds, fitted is not null as predicts, withdrawn_why, report
from milepost.prediction_models where target = %(target)s order by model_id desc limit 1;

-- name: tried
select tried_at, says from milepost.prediction_trainings where target = %(target)s;

-- name: said_of
select count(*) as predicted, max(as_of) as as_of from milepost.predictions where target = %(target)s;

-- name: checks
select as_of, figures from milepost.prediction_checks where target = %(target)s order by as_of desc, check_id desc limit 26;
