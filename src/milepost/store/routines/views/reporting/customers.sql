-- Every customer that has a name, a trait, an event or an offline action, as they are now.
create or replace view reporting.customers as
  select s.customer_id, c.name, coalesce(t.traits, '{}') as traits, coalesce(g.tags, '[]') as tags,
    coalesce(k.total_events, 0) as total_events, coalesce(k.total_sessions, 0) as total_sessions,
    coalesce(k.total_points, 0) as total_points, coalesce(k.total_actions, 0) as total_actions, k.first_event_at,
    k.last_event_at, n.day as settled_on, n.current_scaling_score, n.systematic_progression_rate,
    n.professional_credibility_trend, coalesce(n.competency_scores, '{}') as competency_scores
  from (
    select customer_id from milepost.standing union select customer_id from milepost.customers
    union select id from milepost.traits where kind = 'customer' and until is null and value <> 'null') as s
  left join milepost.customers c using (customer_id)
  left join milepost.standing k using (customer_id)
  left join milepost.snapshots n using (customer_id)
  left join (
    select id as customer_id, jsonb_object_agg(t.name, t.value) as traits from milepost.traits t
    where t.kind = 'customer' and t.until is null and t.value <> 'null' group by 1) as t using (customer_id)
  left join (
    select customer_id, jsonb_agg(tag order by tag_key) as tags from milepost.tags group by 1) as g using (customer_id);
