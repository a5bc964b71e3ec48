-- name: scores
-- By customer, the score and its parts at the beginning of a day, as the day before has them, the score four weeks earlier,
-- and the score at the beginning of a later day; of the customer's own version of the plan. What is not known is null.
select d.customer, d.score, past.score as score_before, d.competencies as part_competencies, d.breadth as part_breadth,
  d.consistency as part_consistency, d.recency as part_recency, d.lately as part_lately, d.habit as part_habit,
  d.outcomes as part_outcomes, later.score as came
from milepost.snapshots n
join milepost.insight_days d
  on d.customer = n.number and d.plan_version = n.plan_version and d.day = %(at)s::date - 1
left join milepost.insight_days past
  on past.customer = d.customer and past.plan_version = d.plan_version and past.day = %(at)s::date - 29
left join milepost.insight_days later
  on later.customer = d.customer and later.plan_version = d.plan_version and later.day = %(until)s::date - 1
where d.score is not null order by d.customer;
