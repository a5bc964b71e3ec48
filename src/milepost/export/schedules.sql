-- Exports by schedule. Loaded by name (schedules.py, scheduled.py).

-- name: list
-- Each with its newest run, where there was one.
select s.schedule_id, s.target, s.format, s.data_sets, s.filters, s.every_hours, s.anew_days, s.due_at, s.created_at,
  s.created_by, r.state, r.begun_at, r.finished_at, r.problem,
  (select max(d.finished_at) from milepost.export_runs d where d.schedule_id = s.schedule_id and d.state = 'done')
    as last_done_at
from milepost.export_schedules s
left join lateral (
  select * from milepost.export_runs x where x.schedule_id = s.schedule_id order by run_id desc limit 1) as r on true
order by s.created_at, s.schedule_id

-- name: hold
lock table milepost.export_schedules in share row exclusive mode

-- name: count
select count(*) as schedules, count(*) filter (where target = %(target)s) as same from milepost.export_schedules

-- name: create
insert into milepost.export_schedules (target, format, data_sets, filters, every_hours, anew_days, anew_at, due_at,
  created_at, created_by)
values (%(target)s, %(format)s, %(data_sets)s, %(filters)s, %(every_hours)s, %(anew_days)s,
  %(now)s::timestamptz + %(anew_days)s * interval '1 day', %(now)s, %(now)s, %(by)s)
returning schedule_id

-- name: delete
delete from milepost.export_schedules where schedule_id = %(id)s returning schedule_id

-- name: run_now
update milepost.export_schedules set due_at = least(due_at, %(now)s) where schedule_id = %(id)s returning schedule_id

-- name: runs
select run_id, state, begun_at, finished_at, data_set, rows, bytes, files, problem from milepost.export_runs
where schedule_id = %(id)s order by run_id desc limit %(limit)s

-- name: recent
select s.target, r.run_id, r.state, r.begun_at, r.finished_at, r.data_set, r.rows, r.bytes, r.files, r.problem
from milepost.export_runs r join milepost.export_schedules s using (schedule_id) order by r.run_id desc limit %(limit)s

-- name: failing
-- Schedules whose newest run that ended failed.
select s.target, r.problem, r.finished_at from milepost.export_schedules s cross join lateral (
  select * from milepost.export_runs x where x.schedule_id = s.schedule_id and x.state <> 'running'
  order by run_id desc limit 1) as r
where r.state = 'failed' order by s.target

-- name: any_due
select exists (select from milepost.export_schedules where due_at <= %(now)s)

-- name: due
select schedule_id, target, format, data_sets, filters, every_hours, anew_days, anew_at <= %(now)s as anew
from milepost.export_schedules where due_at <= %(now)s order by due_at limit 1

-- name: tell_failed
-- Tells whoever wants to know, once: not where the run before failed, too.
select milepost.tell('export.failed', null, %(id)s::text,
  jsonb_build_object('target', %(target)s::text, 'problem', %(problem)s::text), %(now)s)
where not exists (select from (select state from milepost.export_runs
  where schedule_id = %(id)s and run_id < %(run)s order by run_id desc limit 1) as before where before.state = 'failed')

-- name: interrupted
-- Runs of a server that ended: one alone makes scheduled exports, so whatever else is running is none.
update milepost.export_runs set state = 'failed', finished_at = %(now)s,
  problem = 'The server ended while it ran. The next run goes on from what is there.'
where state = 'running'

-- name: begin
insert into milepost.export_runs (schedule_id, begun_at, progress_at) values (%(id)s, %(now)s, %(now)s) returning run_id

-- name: progress
update milepost.export_runs set data_set = %(data_set)s, rows = %(rows)s, progress_at = %(now)s where run_id = %(run)s

-- name: finish
update milepost.export_runs set state = %(state)s, finished_at = %(now)s, rows = %(rows)s, bytes = %(bytes)s,
  files = %(files)s, problem = %(problem)s
where run_id = %(run)s

-- name: next_turn
update milepost.export_schedules set due_at = %(due)s,
  anew_at = case when %(was_anew)s then %(now)s::timestamptz + anew_days * interval '1 day' else anew_at end
where schedule_id = %(id)s

-- name: forget_runs
-- The newest runs of each schedule stay.
delete from milepost.export_runs r where schedule_id = %(id)s and run_id <= (
  select run_id from milepost.export_runs x where x.schedule_id = r.schedule_id
  order by run_id desc offset %(kept)s limit 1)
