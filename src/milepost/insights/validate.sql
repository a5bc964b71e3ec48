-- Scores as they were, against what happened next. insights/validate.py asks these.

-- name: bounds
-- The days there is anything of, today left out as it is not over, and how many customers have events.
select (select min(day) from milepost.customer_days) as first,
  (select max(day) from milepost.customer_days where day < %(today)s) as last,
  (select count(*) from milepost.standing where first_event_at is not null) as customers,
  (select plan_version from milepost.plan) as plan_version

-- name: customers
-- All, or as many as are wanted, in an order that has nothing to do with anything else about them.
select customer_id from milepost.standing where first_event_at is not null
order by md5(customer_id), customer_id limit %(most)s

-- name: rhythm
-- The median over some customers of the median of their days from one with an event to the next, null where nobody has
-- come on two; and the days there is anything of.
with these as (
  select customer_id from milepost.standing where first_event_at is not null
  order by md5(customer_id), customer_id limit %(of)s)
select percentile_cont(0.5) within group (order by gap) as gap, (select min(day) from milepost.customer_days) as first,
  (select max(day) from milepost.customer_days where day < %(today)s) as last
from (
  select customer_id, percentile_cont(0.5) within group (order by day - before) as gap
  from (
    select customer_id, day, lag(day) over (partition by customer_id order by day) as before
    from milepost.customer_days join these using (customer_id) where day < %(today)s) as days
  where before is not null group by 1) as gaps

-- name: parting
-- The trait that parts these customers best: known of half of them at least, in 2 to 8 values; most of them, then few values.
select name from milepost.traits
where kind = 'customer' and until is null and word is not null and id = any (%(customers)s)
  and jsonb_typeof(value) in ('string', 'boolean')
group by name having count(distinct word) between 2 and 8 and count(*) * 2 >= cardinality(%(customers)s::text[])
order by count(*) desc, count(distinct word), name limit 1

-- name: parted
-- Who has which value of it.
select id, word from milepost.traits
where kind = 'customer' and until is null and word is not null and id = any (%(customers)s) and name = %(by)s

-- name: slices
-- A row for each of these customers and days on or after the customer's first: everything left of `active_days` from
-- the days up to then, the rest from the days after.
select s.customer_id, i.as_of, i.current_scaling_score as score, i.score_coverage as coverage, i.components,
  i.as_of - was.last_day as days_since, i.as_of - (s.first_event_at at time zone 'UTC')::date as age, next.active_days, next.points, next.milestones, offline.outcomes
from milepost.standing s
cross join lateral milepost.insights_days(s.customer_id, array(
  select day from unnest(%(anchors)s::date[]) as a(day)
  where day >= (s.first_event_at at time zone 'UTC')::date)) as i
cross join lateral (
  select max(day) as last_day from milepost.customer_days
  where customer_id = s.customer_id and day <= i.as_of) as was
cross join lateral (
  select count(*) as active_days, coalesce(sum(points), 0)::bigint as points,
    coalesce(sum(milestones), 0)::bigint as milestones
  from milepost.customer_days
  where customer_id = s.customer_id and day > i.as_of and day <= i.as_of + %(after)s) as next
cross join lateral (
  select count(*) as outcomes from public.customer_actions
  where customer_id = s.customer_id and role = 'outcome' and deleted_at is null
    and "timestamp" >= (i.as_of + 1)::timestamp at time zone 'UTC'
    and "timestamp" < (i.as_of + %(after)s + 1)::timestamp at time zone 'UTC') as offline
where s.customer_id = any (%(customers)s)

-- name: give_up
-- A run that gave no sign of life for ten minutes is over.
update milepost.validations set state = 'failed', finished_at = %(now)s, problem = 'The server that ran it went away.'
where state in ('waiting', 'running') and progress_at < %(now)s::timestamptz - interval '10 minutes'

-- name: ask
-- A run that waits for its turn; none where one is under way.
insert into milepost.validations (every_days, after_days, most_customers, asked_at, progress_at, asked_by)
values (%(every)s, %(after)s, %(most)s, %(now)s, %(now)s, %(by)s)
on conflict do nothing returning validation_id

-- name: defer
select milepost_jobs.procrastinate_defer_jobs_v1(array[
  row('default', %(task)s::text, 0, %(task)s::text, null, jsonb_build_object('validation_id', %(validation_id)s::bigint), null)
    ::milepost_jobs.procrastinate_job_to_defer_v1])

-- name: cancel
update milepost.validations set state = 'cancelled', finished_at = %(now)s where state in ('waiting', 'running')
returning validation_id

-- name: begin
update milepost.validations set state = 'running', progress_at = %(now)s, done = 0, total = 0
where validation_id = %(validation_id)s and state in ('waiting', 'running')
returning every_days as every, after_days as after, most_customers as most

-- name: progress
update milepost.validations set progress_at = %(now)s, done = %(done)s, total = %(total)s
where validation_id = %(validation_id)s and state = 'running' returning true as goes_on

-- name: finish
update milepost.validations set state = 'done', finished_at = %(now)s, progress_at = %(now)s, done = total, after_days = %(after)s,
  plan_version = %(plan_version)s, score_version = %(score_version)s, report = %(report)s
where validation_id = %(validation_id)s and state = 'running'

-- name: fail
update milepost.validations set state = 'failed', finished_at = %(now)s, problem = %(problem)s
where validation_id = %(validation_id)s and state in ('waiting', 'running')

-- name: keep
insert into milepost.validations (state, every_days, after_days, most_customers, asked_at, progress_at, finished_at,
  asked_by, plan_version, score_version, report)
values ('done', %(every)s, %(after)s, %(most)s, %(asked_at)s, %(now)s, %(now)s, %(by)s, %(plan_version)s,
  %(score_version)s, %(report)s)

-- name: latest
-- The newest finished run, and the newest of all where that one is not it.
select validation_id, state, asked_at, asked_by, finished_at, done, total, problem, plan_version, score_version,
  every_days, after_days, most_customers, report,
  (select plan_version from milepost.plan) as current_plan
from milepost.validations v
where validation_id = (select validation_id from milepost.validations where state = 'done'
    order by finished_at desc, validation_id desc limit 1)
  or validation_id = (select max(validation_id) from milepost.validations)
