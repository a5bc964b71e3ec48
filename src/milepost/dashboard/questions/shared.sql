-- Links to a dashboard for those who are not of the team (shared.py).

-- name: make
insert into milepost.shared_links (dashboard_id, token_hash, with_names, created_at, created_by, ends_at)
select dashboard_id, %(token_hash)s, %(with_names)s, %(now)s, %(by)s, %(ends_at)s
from milepost.dashboards where dashboard_id = %(dashboard_id)s
returning link_id

-- name: links
-- The newest first; those that have ended are gone.
select link_id, with_names, created_at, created_by, ends_at, last_opened_at
from milepost.shared_links
where dashboard_id = %(dashboard_id)s and (ends_at is null or ends_at > %(now)s)
order by created_at desc, link_id desc limit 500

-- name: forget_ended
delete from milepost.shared_links where ends_at <= %(now)s

-- name: revoke
delete from milepost.shared_links where link_id = %(link_id)s and dashboard_id = %(dashboard_id)s

-- name: open
-- That it was opened is written once a minute at most, so that a stranger costs a look-up.
with found as (
  select link_id, dashboard_id, with_names, last_opened_at from milepost.shared_links
  where token_hash = %(token_hash)s and (ends_at is null or ends_at > %(now)s)
), opened as (
  update milepost.shared_links set last_opened_at = %(now)s
  where link_id = (select link_id from found)
    and (last_opened_at is null or last_opened_at < %(now)s - interval '1 minute')
)
select f.with_names, d.dashboard_id, d.name, d.layout as cards, d.frame, d.created_by, d.created_at, d.updated_at
from found f join milepost.dashboards d using (dashboard_id)

-- name: reports
select report_id, name, shown, created_by, created_at, updated_at
from milepost.reports where report_id = any(%(report_ids)s)
