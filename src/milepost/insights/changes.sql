-- How customers changed. Loaded by name (changes.py).

-- name: changes
-- Of some customers: active days against their own past, and the score as it was written of the day 28 days ago; none
-- while that day is being written anew.
select n.customer_id, n.active_days, n.usual_days, d.score as score_before
from milepost.snapshots n
join milepost.standing s using (customer_id)
left join milepost.insight_days d on d.customer = n.number and d.plan_version = s.plan_version
  and d.day = %(today)s::date - 28 and d.day < least(n.history_from, s.changed_from, n.day)
where n.customer_id = any(%(customers)s::text[])
