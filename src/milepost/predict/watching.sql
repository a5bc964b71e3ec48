-- name: due
-- Days whose horizon is over, with the report of the model that spoke.
select p.as_of, p.model_id, m.report from (
  select distinct as_of, model_id from milepost.past_predictions where target = %(target)s and as_of <= %(until)s
) p join milepost.prediction_models m using (model_id)
order by p.as_of;

-- name: said
select n.number, p.probability from milepost.past_predictions p
join milepost.numbers n on n.kind = 'customer' and n.id = p.customer_id
where p.target = %(target)s and p.as_of = %(as_of)s;

-- name: said_scores
select n.number, p.score, p.low, p.high from milepost.past_predictions p
join milepost.numbers n on n.kind = 'customer' and n.id = p.customer_id
where p.target = %(target)s and p.as_of = %(as_of)s;

-- name: keep
insert into milepost.prediction_checks (target, model_id, as_of, checked_at, figures)
values (%(target)s, %(model)s, %(as_of)s, %(now)s, %(figures)s);

-- name: forget
delete from milepost.past_predictions where target = %(target)s and as_of = %(as_of)s;

-- name: withdraw
update milepost.prediction_models set fitted = null, withdrawn_at = %(now)s, withdrawn_why = %(why)s
where target = %(target)s and fitted is not null;
