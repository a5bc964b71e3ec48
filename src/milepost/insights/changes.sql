-- How customers changed, and where they are heading. Loaded by name (changes.py).

-- name: changes
-- Of some customers: active days against their own past, and the score as it was written of the day 28 days ago; none
-- while that day is being written anew; and what is predicted of them, unless that was said more than a week ago.
select w.customer_id, n.active_days, n.usual_days, d.score as score_before,
  coalesce(q.predicted, '{}') as predicted
from unnest(%(customers)s::text[]) as w (customer_id)
left join milepost.snapshots n using (customer_id)
left join milepost.standing s using (customer_id)
left join milepost.insight_days d on d.customer = n.number and d.plan_version = s.plan_version
  and d.day = %(today)s::date - 28 and d.day < least(n.history_from, s.changed_from, n.day)
left join lateral (
  select jsonb_object_agg(p.target, coalesce(p.probability, p.score)) as predicted from milepost.predictions p
  where p.customer_id = w.customer_id and p.target = any (%(targets)s::text[]) and p.as_of > %(today)s::date - 8) as q
  on true
