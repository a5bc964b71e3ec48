-- Saved reports and dashboards.

-- name: reports
select report_id, name, shown, created_by, created_at, updated_at
from milepost.reports order by lower(name), report_id limit 500

-- name: report
select report_id, name, shown, created_by, created_at, updated_at
from milepost.reports where report_id = %(report_id)s

-- name: save_report
insert into milepost.reports (name, question, shown, created_by)
values (%(name)s, %(question)s, %(shown)s, %(by)s) returning report_id

-- name: rename_report
update milepost.reports set name = %(name)s, updated_at = now() where report_id = %(report_id)s

-- name: delete_report
delete from milepost.reports where report_id = %(report_id)s

-- name: dashboards
select dashboard_id, name, layout as cards, frame, created_by, created_at, updated_at
from milepost.dashboards order by lower(name), dashboard_id limit 200

-- name: dashboard
select dashboard_id, name, layout as cards, frame, created_by, created_at, updated_at
from milepost.dashboards where dashboard_id = %(dashboard_id)s

-- name: dashboard_to_change
-- Locked until its cards are written again, so that two people who arrange it at once do not undo each other.
select dashboard_id, name, layout as cards, frame, created_by, created_at, updated_at
from milepost.dashboards where dashboard_id = %(dashboard_id)s for update

-- name: make_dashboard
insert into milepost.dashboards (name, created_by) values (%(name)s, %(by)s) returning dashboard_id

-- name: rename_dashboard
update milepost.dashboards set name = %(name)s, updated_at = now() where dashboard_id = %(dashboard_id)s

-- name: lay_out
update milepost.dashboards set layout = %(cards)s, updated_at = now() where dashboard_id = %(dashboard_id)s

-- name: delete_dashboard
delete from milepost.dashboards where dashboard_id = %(dashboard_id)s

-- name: set_frame
update milepost.dashboards set frame = %(frame)s, updated_at = now() where dashboard_id = %(dashboard_id)s
