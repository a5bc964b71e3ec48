-- Reading recommendations: a customer's, and the team's queue. Held out ones are in none of these.

-- name: open
-- A customer's open recommendations, best first, each thing asked for once.
select * from (
  select distinct on (asks_for) r.* from milepost.recommendations r
  where customer_id = %(customer_id)s and not held_out and closed_at is null and expires_at > %(now)s
  order by asks_for, rank desc, made_at desc, recommendation_id desc) as open
order by rank desc, made_at desc, recommendation_id desc

-- name: history
-- A customer's closed recommendations, newest first.
select r.* from milepost.recommendations r
where customer_id = %(customer_id)s and not held_out and (closed_at is not null or expires_at <= %(now)s)
order by made_at desc, recommendation_id desc limit %(limit)s

-- name: one
-- One recommendation of a customer.
select r.* from milepost.recommendations r
where recommendation_id = %(recommendation_id)s and customer_id = %(customer_id)s and not held_out

-- name: known
-- Whether anything is known of a customer.
select 1 from milepost.standing where customer_id = %(customer_id)s

-- name: queue
-- A page of the queue, best first: lists of ids in that order (`part`), the reader's own before the others.
with page as (
  select * from ({parts}) as p order by own desc, rank desc, made_at desc, recommendation_id desc limit %(limit)s
)
select r.*, p.own, {team}
from page p
join milepost.recommendations r using (recommendation_id)
{joins}
order by p.own desc, p.rank desc, p.made_at desc, p.recommendation_id desc

-- name: part
-- What stands in braces comes from fixed lists in queue.py.
(select r.recommendation_id, r.rank, r.made_at, {own} as own from milepost.recommendations r
left join milepost.recommendation_work w using (recommendation_id)
where not r.held_out and {which} and {whose} and {behind}
order by r.rank desc, r.made_at desc, r.recommendation_id desc
limit %(limit)s)

-- name: theirs
-- Of a member: what was given to them, and what nobody was given of accounts they look after.
r.recommendation_id in (
  select g.recommendation_id from milepost.recommendation_work g join milepost.members m on m.member_id = g.assignee_id
  where m.email = %(owner)s
  union all
  select s.recommendation_id from milepost.recommendations s left join milepost.recommendation_work g using (recommendation_id)
  where {owned} and g.assignee_id is null and not s.held_out)

-- name: others
-- The same the other way round, row by row: there are more of these, and only the first are wanted.
case when w.assignee_id is not null
  then w.assignee_id is distinct from (select member_id from milepost.members where email = %(owner)s)
  else not exists (select from milepost.recommendations s where s.recommendation_id = r.recommendation_id and {owned})
end

-- name: nobodys
-- Whoever has an owner is read once (offset 0): row by row it takes long where nearly all have one.
w.assignee_id is null and not exists (select from (
  select t.id from milepost.traits t
  where t.kind = 'customer' and t.name = 'owner' and t.until is null and t.word is not null offset 0) o
  where o.id = r.customer_id)

-- name: team
w.action as team_action, w.reason as team_reason, w.words as team_words, m.email as assignee, o.value #>> '{{}}' as owner,
  w.snoozed_until, w.ended, w.ended_at, w.ended_by, w.why, w.note, c.name as customer_name

-- name: joins
left join milepost.recommendation_work w using (recommendation_id)
left join milepost.members m on m.member_id = w.assignee_id
left join milepost.customers c on c.customer_id = r.customer_id
left join milepost.traits o on o.kind = 'customer' and o.id = r.customer_id and o.name = 'owner' and o.until is null
  and o.word is not null

-- name: queue_count
-- How many the queue has, counted up to a limit.
select count(*) as total from (
  select 1 from milepost.recommendations r left join milepost.recommendation_work w using (recommendation_id)
  where not r.held_out and {which} and {whose} limit %(most)s) as few

-- name: firsts
-- The best of each of some customers that the team has to deal with.
select distinct on (r.customer_id) r.*, {team} from milepost.recommendations r {joins}
where r.customer_id = any (%(customers)s) and not r.held_out and {which}
order by r.customer_id, r.rank desc, r.made_at desc, r.recommendation_id desc

-- name: ended
-- What was closed last, by the team or by the customer, newest first.
with page as (
  select recommendation_id, max(at) as at from (
    (select r.recommendation_id, r.closed_at as at from milepost.recommendations r
    left join milepost.recommendation_work w using (recommendation_id)
    where not r.held_out and r.closed_at is not null and {whose}
    order by r.closed_at desc, r.recommendation_id desc limit %(limit)s)
    union all
    (select r.recommendation_id, w.ended_at from milepost.recommendation_work w
    join milepost.recommendations r using (recommendation_id)
    where not r.held_out and w.ended is not null and {whose}
    order by w.ended_at desc, r.recommendation_id desc limit %(limit)s)) as both_kinds
  group by 1 order by 2 desc, 1 desc limit %(limit)s
)
select r.*, {team}
from page p
join milepost.recommendations r using (recommendation_id)
{joins}
order by p.at desc, p.recommendation_id desc

-- name: one_queued
select r.*, {team} from milepost.recommendations r {joins}
where r.recommendation_id = %(recommendation_id)s and r.customer_id = %(customer_id)s and not r.held_out

-- name: of_customer
-- All of a customer's as the team reads them: open ones best first, each thing asked for once, then the newest others.
with mine as (
  select r.*, row_number() over (partition by r.asks_for, r.closed_at is null and r.expires_at > %(now)s
    order by r.rank desc, r.made_at desc, r.recommendation_id desc) as place,
    r.closed_at is null and r.expires_at > %(now)s as is_open
  from milepost.recommendations r where r.customer_id = %(customer_id)s and not r.held_out
)
select r.*, {team} from mine r {joins}
where not r.is_open or r.place = 1
order by r.is_open desc, case when r.is_open then r.rank end desc, r.made_at desc, r.recommendation_id desc
limit %(limit)s
