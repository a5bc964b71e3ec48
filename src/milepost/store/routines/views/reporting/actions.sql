-- Every offline action.
create or replace view reporting.actions as
  select s.action_id, s.customer_id::text, s.user_id::text, s.action_type::text, s.role::text, s.description,
    s.competency_area::text, s.business_impact::text, s.value::double precision as value, s.currency, s.action_metadata,
    s.source, s."timestamp"::timestamptz, s.received_at, s.private
  from public.customer_actions s where s.deleted_at is null;
