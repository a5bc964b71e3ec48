-- name: entered
-- Who is of the likeliest twentieth now and was not when it was said last, the likeliest first: a hundred at most, nobody a
-- second time within the horizon, nobody where nothing was said before (all of them would be news), while an import is
-- under way, or where nobody listens.
with ranked as (
  select number, probability, reasons, rank() over (order by probability desc) as place, count(*) over () as all_of_them
  from said
),
before as (
  select customer_id, rank() over (order by probability desc) as place, count(*) over () as all_of_them
  from milepost.predictions where target = %(target)s
)
select n.id as customer_id, r.probability,
  coalesce((select array_agg(one ->> 'says') from jsonb_array_elements(r.reasons) as one), '{}') as reasons
from ranked r join milepost.numbers n on n.kind = 'customer' and n.number = r.number
where r.place <= ceil(r.all_of_them / 20.0) and exists (select from before)
  and milepost.is_wanted('prediction.likely') and not milepost.is_importing()
  and not exists (select from before b where b.customer_id = n.id and b.place <= ceil(b.all_of_them / 20.0))
  and not exists (
    select from milepost.messages m where m.customer_id = n.id and m.topic = 'prediction.likely'
      and m.about = %(target)s and m.made_at > %(now)s::timestamptz - make_interval(days => %(days)s))
order by r.probability desc, n.id limit 100;

-- name: tell
select milepost.tell('prediction.likely', %(customer)s, %(target)s, %(data)s::jsonb, %(now)s)
