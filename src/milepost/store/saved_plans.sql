-- name: newest
-- The newest plan that was saved, and those before it.
select saved_plan_id, text from milepost.saved_plans order by saved_plan_id desc;

-- name: newest_id
-- Which one is the newest; 0 where none was saved.
select coalesce(max(saved_plan_id), 0) as newest from milepost.saved_plans;

-- name: is_there
-- Whether this database can have saved plans: one of an older release cannot.
select to_regclass('milepost.saved_plans') is not null;

-- name: save
-- Another one, which is the newest from now on.
insert into milepost.saved_plans (text, saved_at, saved_by, change)
values (%(text)s, %(now)s, %(by)s, %(change)s) returning saved_plan_id;

-- name: history
-- Every plan that was saved, the newest first, without its text.
select saved_plan_id, saved_at, saved_by, change from milepost.saved_plans order by saved_plan_id desc limit %(limit)s;

-- name: text
-- One of them as it was written.
select text from milepost.saved_plans where saved_plan_id = %(saved)s;
