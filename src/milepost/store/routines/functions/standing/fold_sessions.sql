-- Adds a batch to its sessions; answers the customers that have more sessions, or sessions with a tool, and how many
-- more. The customers are locked, so what is read of a session is what stands there when it is written. Planned like
-- fold_days.
create or replace function milepost.fold_sessions(batch milepost.contributed[])
returns table (customer_id text, new_sessions bigint, new_tool_sessions bigint)
language plpgsql rows 20 set plan_cache_mode = force_generic_plan set enable_seqscan = off as $$
#variable_conflict use_column
begin
  return query with sums as materialized (
    select customer_id, session_id, min(at) as started_at, max(at) as ended_at, count(*) as events,
      sum(exports) as exports, sum(points) as points,
      coalesce(array_agg(distinct tool_id collate "C") filter (where tool_id is not null), '{}') as tools
    from unnest(batch) where session_id is not null group by 1, 2
  ),
  stored as (
    insert into milepost.sessions as s (customer_id, session_id, started_at, ended_at, events, exports, points, tools)
    select * from sums order by 1, 2
    on conflict (customer_id, session_id) do update set
      started_at = least(s.started_at, excluded.started_at),
      ended_at = greatest(s.ended_at, excluded.ended_at),
      events = s.events + excluded.events,
      exports = s.exports + excluded.exports,
      points = s.points + excluded.points,
      tools = case when excluded.tools <@ s.tools then s.tools
        else array(select distinct t collate "C" from unnest(s.tools || excluded.tools) as t order by 1) end
  )
  select n.customer_id, count(*) filter (where s.session_id is null),
    count(*) filter (where n.tools <> '{}' and coalesce(s.tools, '{}') = '{}')
  from sums n left join milepost.sessions s using (customer_id, session_id)
  where s.session_id is null or n.tools <> '{}' and s.tools = '{}'
  group by n.customer_id;
end $$;
