-- name: moved
-- How scores would be with other weights of the same parts, as they were settled last: how many move by so many points,
-- and who rises and falls the most. As in milepost.insights_days: nobody is scored by less than a third of the weights,
-- nor in its first 14 days.
with weights as materialized (
  select key as name, value::double precision as weight from jsonb_each_text(%(weights)s::jsonb)
),
scored as materialized (
  select s.customer_id, s.current_scaling_score as old,
    case when min(s.day - (t.first_event_at at time zone 'UTC')::date) >= 14
        and coalesce(sum(w.weight) filter (where p.value is not null), 0) >= (select sum(weight) from weights) / 3
      then sum(w.weight * p.value) / nullif(sum(w.weight) filter (where p.value is not null), 0) end as new
  from milepost.snapshots s join milepost.standing t using (customer_id)
  left join lateral jsonb_to_recordset(s.score_components) as p(name text, value double precision) on true
  left join weights w on w.name = p.name
  group by s.customer_id
),
moving as (
  select s.customer_id, c.name, s.old, s.new, s.new - s.old as by from scored s
  left join milepost.customers c using (customer_id)
  where abs(s.new - s.old) >= %(least_shown)s
)
select (select count(*) from scored) as customers,
  (select count(*) from scored where abs(new - old) >= %(least)s) as moved,
  (select count(*) from scored where old is null and new is not null) as gained,
  (select count(*) from scored where old is not null and new is null) as lost,
  coalesce((select jsonb_agg(to_jsonb(r)) from (
    select customer_id, name, old, new from moving where by > 0 order by by desc, customer_id limit %(most)s) as r),
    '[]') as rising,
  coalesce((select jsonb_agg(to_jsonb(r)) from (
    select customer_id, name, old, new from moving where by < 0 order by by, customer_id limit %(most)s) as r),
    '[]') as falling
