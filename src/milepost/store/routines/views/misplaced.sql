-- Events that are not whose the ties say, counted by what their senders said of the owner. Reads every event.
create or replace view milepost.misplaced with (security_invoker = true) as
  select s.* from (
    select case when e.customer_source = 'sent' then e.customer_id end as sent_customer,
      case e.user_source when 'sent' then e.user_id when 'merged' then e.sent_user_id end as sent_user,
      e.anonymous_id, e.received_at, e.customer_id, e.user_id, e.customer_source, e.user_source, count(*) as events
    from public.behavior_events e group by 1, 2, 3, 4, 5, 6, 7, 8) as s
  cross join lateral milepost.resolve(s.sent_customer, s.sent_user, s.anonymous_id, s.received_at) as r
  where (s.customer_id, s.user_id, s.customer_source, s.user_source)
    is distinct from (r.customer_id, r.user_id, r.customer_source, r.user_source);
