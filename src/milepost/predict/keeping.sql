-- name: keep
-- Stores a model; answers its number.
insert into milepost.prediction_models (target, trained_at, first_day, last_day, report, holds, fitted)
values (%(target)s, %(now)s, %(first)s, %(last)s, %(report)s, %(holds)s, %(fitted)s)
returning model_id;

-- name: forget_fitted
-- What no longer predicts: all but one.
update milepost.prediction_models set fitted = null
where target = %(target)s and fitted is not null and model_id <> %(but)s;

-- name: newest
-- The newest report of each target, whether it holds or not.
select distinct on (target) model_id, trained_at, first_day, last_day, report, holds, withdrawn_why
from milepost.prediction_models order by target, model_id desc;

-- name: tried
insert into milepost.prediction_trainings (target, tried_at, says) values (%(target)s, %(now)s, %(says)s)
on conflict (target) do update set tried_at = excluded.tried_at, says = excluded.says;

-- name: forget_predictions
delete from milepost.predictions where target <> all (%(but)s);

-- name: forget_past
delete from milepost.past_predictions where target <> all (%(but)s);

-- name: forget_trainings
delete from milepost.prediction_trainings where target <> all (%(but)s);

-- name: forget_checks
delete from milepost.prediction_checks where target <> all (%(but)s);

-- name: forget_models
delete from milepost.prediction_models where target <> all (%(but)s);

-- name: fitted
-- The model that predicts, unless other versions made it than read it.
select model_id, fitted, last_day, report from milepost.prediction_models
where target = %(target)s and fitted is not null and report ->> 'made_with' = %(made_with)s
order by model_id desc limit 1;

-- name: stage
create temporary table said (number bigint, probability double precision, score double precision, low double precision,
  high double precision, reasons jsonb) on commit drop;

-- name: fill
copy said (number, probability, reasons) from stdin;

-- name: fill_scores
copy said (number, score, low, high, reasons) from stdin;

-- name: replace
-- What is said now takes the place of all that was said before. Who was erased since they were read has no number.
delete from milepost.predictions where target = %(target)s;

-- name: add
insert into milepost.predictions (customer_id, target, model_id, as_of, probability, score, low, high, reasons)
select n.id, %(target)s, %(model)s, %(as_of)s, s.probability, s.score, s.low, s.high, s.reasons
from said s join milepost.numbers n on n.kind = 'customer' and n.number = s.number;

-- name: note
-- Once in seven days.
insert into milepost.past_predictions (customer_id, target, as_of, model_id, probability, score, low, high)
select customer_id, target, as_of, model_id, probability, score, low, high from milepost.predictions p
where p.target = %(target)s and not exists (
  select from milepost.past_predictions past where past.target = p.target and past.as_of > p.as_of - 7
    and past.as_of <= p.as_of);
