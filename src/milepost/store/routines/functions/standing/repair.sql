-- Builds the named days and sessions anew from the events: exact, and bounded by what they hold.
create or replace function milepost.repair(day_customers text[], days date[], session_customers text[], sessions text[])
returns void language plpgsql as $$
declare
  customers text[] := array(select distinct c from unnest(day_customers || session_customers) as c);
begin
  perform milepost.lock_standing(customers);
  -- An event at the end of its retention was there: the history of its days stays as it is, erased ones leave it.
  perform milepost.mark_changed(day_customers, case when current_setting('milepost.expiring', true) = 'on'
    then array_fill('9999-12-31'::date, array[cardinality(days)]) else days end);
  delete from milepost.customer_days d using unnest(day_customers, days) as k(customer_id, day)
    where d.customer_id = k.customer_id and d.day = k.day;
  delete from milepost.competency_days d using unnest(day_customers, days) as k(customer_id, day)
    where d.customer_id = k.customer_id and d.day = k.day;
  with gone as (
    delete from milepost.sessions b using unnest(session_customers, sessions) as k(customer_id, session_id)
      where b.customer_id = k.customer_id and b.session_id = k.session_id
    returning b.customer_id, b.tools
  )
  update milepost.standing as s set total_sessions = s.total_sessions - g.sessions,
    total_tool_sessions = s.total_tool_sessions - g.tool_sessions
  from (select customer_id, count(*) as sessions, count(*) filter (where tools <> '{}') as tool_sessions
    from gone group by 1) as g
  where s.customer_id = g.customer_id;
  perform milepost.fold_days(array(
    select c from (select distinct * from unnest(day_customers, days)) as k(customer_id, day)
    join public.behavior_events e on e.customer_id = k.customer_id
      and e."timestamp" >= k.day::timestamp at time zone 'UTC'
      and e."timestamp" < (k.day + 1)::timestamp at time zone 'UTC'
    cross join lateral milepost.contribution(e) as c));
  update milepost.standing as s set total_sessions = s.total_sessions + m.new_sessions,
    total_tool_sessions = s.total_tool_sessions + m.new_tool_sessions
  from milepost.fold_sessions(array(
    select c from (select distinct * from unnest(session_customers, sessions)) as k(customer_id, session_id)
    join public.behavior_events e on e.session_id = k.session_id and e.customer_id = k.customer_id
    cross join lateral milepost.contribution(e) as c)) as m
  where s.customer_id = m.customer_id;
  perform milepost.refresh_standing(customers);
end $$;
