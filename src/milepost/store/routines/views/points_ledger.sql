-- A line an event that is worth something. A view: an event cannot be in it twice, and an erased one is not in it.
create or replace view milepost.points_ledger with (security_invoker = true) as
  select e.event_id, e.customer_id, c.at, e.event_type, e.tool_id, c.competency, c.points, c.credibility
  from public.behavior_events e cross join lateral milepost.contribution(e) as c
  where c.points > 0 or c.credibility > 0;
