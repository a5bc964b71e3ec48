-- name: keep
-- Stores a model; answers its number.
insert into milepost.prediction_models (target, trained_at, first_day, last_day, report, holds, fitted)
values (%(target)s, %(now)s, %(first)s, %(last)s, %(report)s, %(holds)s, %(fitted)s)
returning model_id;

-- name: forget_fitted
-- What no longer predicts: all but the newest that holds.
update milepost.prediction_models set fitted = null
where target = %(target)s and fitted is not null and model_id <> (
  select max(model_id) from milepost.prediction_models where target = %(target)s and holds);

-- name: newest
-- The newest report, whether it holds or not.
select model_id, trained_at, first_day, last_day, report, holds from milepost.prediction_models
where target = %(target)s order by model_id desc limit 1;

-- name: fitted
-- The newest model that holds.
select model_id, fitted from milepost.prediction_models
where target = %(target)s and holds and fitted is not null order by model_id desc limit 1;

-- name: stage
create temporary table said (number bigint, probability double precision, reasons jsonb) on commit drop;

-- name: fill
copy said (number, probability, reasons) from stdin;

-- name: replace
-- What is said now takes the place of all that was said before. Who was erased since they were read has no number.
delete from milepost.predictions where target = %(target)s;

-- name: add
insert into milepost.predictions (customer_id, target, model_id, as_of, probability, reasons)
select n.id, %(target)s, %(model)s, %(as_of)s, s.probability, s.reasons
from said s join milepost.numbers n on n.kind = 'customer' and n.number = s.number;
