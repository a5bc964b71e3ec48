-- A customer's open recommendations, best first, each thing asked for once: as GET /v1/customers/{id}/recommendations.
create or replace function milepost.next_actions(customer text) returns jsonb
language sql stable as $$
  select coalesce(jsonb_agg(jsonb_build_object(
    'recommendation_id', recommendation_id, 'source', source, 'playbook', nullif(playbook, 'learned'), 'title', title,
    'action', action, 'tool_id', tool_id, 'competency', competency, 'reason', reason, 'evidence', evidence,
    'state', state, 'made_at', made_at, 'shown_at', shown_at, 'accepted_at', accepted_at,
    'dismissed_at', dismissed_at, 'done_at', done_at, 'url', url)
    order by rank desc, made_at desc, recommendation_id desc), '[]')
  from (
    select distinct on (asks_for) * from milepost.recommendations
    where customer_id = customer and not held_out and closed_at is null and expires_at > now()
    order by asks_for, rank desc, made_at desc, recommendation_id desc) as open
$$;
