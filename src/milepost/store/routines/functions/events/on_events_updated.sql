-- Changed events are noted for the column store; where it counts, both sides' days and sessions are counted anew. Events
-- that follow a tie are added to whom they go to at once, and counted off whom they leave when all of them have left.
create or replace function milepost.on_events_updated() returns trigger
language plpgsql as $$
declare
  touched record;
  batch milepost.contributed[];
  -- Whose events milepost.follow is moving: 'user u' or 'anonymous a'.
  following constant text := nullif(current_setting('milepost.following', true), '');
begin
  insert into milepost.event_changes (kind, event_ids)
    select 'stored', array_agg(event_id) from new_events where deleted_at is null having count(*) > 0;
  insert into milepost.event_changes (kind, event_ids, customers, times)
    select 'gone', array_agg(event_id), array_agg(milepost.number_of('customer', customer_id)), array_agg("timestamp")
    from (
      select o.event_id, o.customer_id, o."timestamp" from old_events o left join new_events n using (event_id)
      where o.deleted_at is null
        and (n.event_id is null or n.deleted_at is not null
          or (o.customer_id, o."timestamp") is distinct from (n.customer_id, n."timestamp"))) as moved
    having count(*) > 0;
  if following is not null then
    insert into milepost.leavings (kind, id, customer_id, day, session_id)
      select split_part(following, ' ', 1), substr(following, strpos(following, ' ') + 1), k.* from (
        select o.customer_id, (o."timestamp" at time zone 'UTC')::date, null
        from old_events o join new_events n using (event_id)
        where milepost.counts(o) and o.customer_id <> n.customer_id
        union
        select o.customer_id, null, o.session_id from old_events o join new_events n using (event_id)
        where milepost.counts(o) and o.session_id is not null and o.customer_id <> n.customer_id) as k
      on conflict do nothing;
    select array_agg(c) into batch from new_events n join old_events o using (event_id)
      cross join lateral milepost.contribution(n) as c where o.customer_id <> n.customer_id;
    if batch is not null then
      perform milepost.fold(batch);
    end if;
    return null;
  end if;
  with changed as (
    -- A full join: where the id itself was changed, the old row and the new one stand alone.
    select o, n from old_events o full join new_events n using (event_id)
    where (milepost.counts(o) or milepost.counts(n))
      and (o.event_id, o.customer_id, o.session_id, o.event_type, o.tool_id, o.business_impact, o.competency_area,
        o.current_arr, o.target_arr, o.growth_stage, o.event_metadata, o."timestamp", milepost.counts(o))
      is distinct from (n.event_id, n.customer_id, n.session_id, n.event_type, n.tool_id, n.business_impact,
        n.competency_area, n.current_arr, n.target_arr, n.growth_stage, n.event_metadata, n."timestamp",
        milepost.counts(n))
  ),
  sides as (
    select (o).customer_id, (o).session_id, ((o)."timestamp" at time zone 'UTC')::date as day from changed
    union
    select (n).customer_id, (n).session_id, ((n)."timestamp" at time zone 'UTC')::date from changed
  )
  select array_agg(customer_id) as day_customers, array_agg(day) as days,
    array_agg(customer_id) filter (where session_id is not null) as session_customers,
    array_agg(session_id) filter (where session_id is not null) as sessions
  into touched from sides where customer_id is not null;
  if touched.days is not null then
    perform milepost.repair(touched.day_customers, touched.days, touched.session_customers, touched.sessions);
  end if;
  return null;
end $$;

create or replace trigger behavior_events_update after update on public.behavior_events
  referencing old table as old_events new table as new_events
  for each statement execute function milepost.on_events_updated();
