-- Every recommendation, and what became of it.
create or replace view reporting.recommendations as
  select s.recommendation_id, s.customer_id, s.source, s.playbook, s.plan_version, s.rank, s.title, s.action, s.reason,
    s.tool_id, s.competency, s.held_out, s.state, s.made_at, s.shown_at, s.accepted_at, s.dismissed_at, s.done_at,
    s.expires_at, s.closed_at, s.points_before, s.points_after, s.moved_up, m.email as assignee, w.ended as team_ended,
    w.ended_at as team_ended_at, w.why as team_why
  from milepost.recommendations s
  left join milepost.recommendation_work w using (recommendation_id)
  left join milepost.members m on m.member_id = w.assignee_id;
