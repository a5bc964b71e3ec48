-- The webhook's outbox. Loaded by name (webhook.py, deliver.py).

-- name: listening
-- Notes whether there is somebody to tell.
update milepost.coach set webhook = %(on)s where webhook <> %(on)s

-- name: give_up_old
-- What nobody sent within a day, as no server had an address for it.
update milepost.webhook_deliveries set gave_up_at = %(now)s, next_try_at = null,
  last_error = coalesce(last_error, 'It was not sent within a day.')
where next_try_at is not null and made_at < %(now)s - interval '25 hours'

-- name: take_back
-- What runs out before it is sent, as its playbook no longer applies, is told to nobody. What the team dismissed is so by
-- its own word, and may be opened again.
delete from milepost.webhook_deliveries d using milepost.recommendations r
where d.next_try_at is not null and r.recommendation_id = d.recommendation_id and r.state = 'expired'
  and not exists (select from milepost.recommendation_work w
    where w.recommendation_id = r.recommendation_id and w.ended = 'dismissed')

-- name: claim
-- Takes messages that are due. Should this server die with them, they are due again a minute later. While something of the
-- customer is not settled yet, it may be taken back: it waits for that, but of a customer who never rests two minutes at
-- most, or until an import is over.
update milepost.webhook_deliveries set attempts = attempts + 1, next_try_at = %(now)s + interval '1 minute'
where delivery_id in (
  select d.delivery_id from milepost.webhook_deliveries d
  join milepost.recommendations r using (recommendation_id)
  join milepost.standing s on s.customer_id = r.customer_id
  join milepost.snapshots n on n.customer_id = r.customer_id
  where d.next_try_at <= %(now)s
    and (not s.unsettled and n.slow_at >= n.settled_at
      or d.made_at <= %(now)s - interval '2 minutes' and not milepost.is_importing())
  order by d.next_try_at, d.delivery_id limit %(most)s for update of d skip locked)
returning delivery_id, body, attempts

-- name: delivered
update milepost.webhook_deliveries set delivered_at = %(now)s, next_try_at = null, last_status = %(status)s,
  last_error = null
where delivery_id = %(delivery_id)s

-- name: failed
-- To be tried again at `next`, or given up where there is none.
update milepost.webhook_deliveries set next_try_at = %(next)s, last_status = %(status)s, last_error = %(error)s,
  gave_up_at = case when %(next)s::timestamptz is null then %(now)s end
where delivery_id = %(delivery_id)s

-- name: forget
-- Messages that are long done with.
delete from milepost.webhook_deliveries where next_try_at is null and made_at < %(now)s - interval '90 days'

-- name: state
-- How the last week's messages fared, and the newest trouble.
select c.webhook as listening,
  count(*) filter (where d.delivered_at is not null) as delivered,
  count(*) filter (where d.next_try_at is not null) as waiting,
  count(*) filter (where d.gave_up_at is not null) as gave_up,
  (array_agg(d.last_error order by d.made_at desc) filter (where d.last_error is not null))[1] as last_error
from milepost.coach c left join milepost.webhook_deliveries d on d.made_at > %(now)s - interval '7 days'
group by c.webhook
