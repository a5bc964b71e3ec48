-- name: database
-- Which PostgreSQL, how large, and how many events it estimates: below 0 where it has not looked yet.
select current_setting('server_version') as version, pg_database_size(current_database()) as bytes,
  (select reltuples::bigint from pg_class where oid = 'public.behavior_events'::regclass) as events
