import type { Badge, Game, Insights, Leaderboard, Recommendation, StoredEvent } from "@milepost/browser";

/** What a server answers for a customer with some history, with these values changed. */
export function insights(changed: Partial<Insights>): Insights {
  return {
    customer_id: "acme",
    as_of: "2026-03-02T00:00:00Z",
    score_version: 1,
    plan_version: 1,
    current_scaling_score: 42.6,
    score_coverage: 0.85,
    score_components: [
      { name: "competencies", weight: 40, value: 55, contribution: 25.9 },
      { name: "momentum", weight: 15, value: null, contribution: null },
    ],
    systematic_progression_rate: 12,
    professional_credibility_trend: "improving",
    points_last_14_days: 40,
    points_14_days_before: 20,
    competencies: [
      { competency: "customer_intelligence", points: 130, faded: 119, score: 63.1, last_day: "2026-03-01" },
    ],
    total_events: 80,
    total_sessions: 6,
    total_tool_sessions: 9,
    total_exports_generated: 3,
    total_resources_created: 4,
    total_resources_shared: 1,
    total_milestones: 0,
    high_impact_events: 8,
    medium_impact_events: 2,
    low_impact_events: 70,
    total_points: 130,
    professional_credibility: 15,
    current_arr: "$2M+",
    target_arr: "$10M",
    growth_stage: "rapid_scaling",
    first_event_at: "2026-01-02T00:00:00Z",
    last_activity_timestamp: "2026-03-01T10:00:00Z",
    last_session_timestamp: "2026-03-01T10:00:00Z",
    days_since_last_activity: 0,
    active_weeks: 6,
    inconsistent_system_usage: false,
    low_business_impact_actions: null,
    low_impact_share: null,
    next_recommended_actions: [],
    total_actions: 0,
    last_action_at: null,
    ...changed,
  };
}

export function milestone(description: string): StoredEvent {
  return {
    event_id: `018f-${description}`,
    customer_id: "acme",
    user_id: null,
    anonymous_id: null,
    session_id: null,
    event_type: "competency_milestone",
    event_name: null,
    actor_type: "person",
    tool_id: null,
    tool_section: null,
    business_impact: "high",
    competency_area: "customer_intelligence",
    current_arr: null,
    target_arr: null,
    growth_stage: null,
    event_metadata: { milestone_description: description },
    session_duration: null,
    time_on_page: null,
    page_url: null,
    referrer: null,
    device_type: null,
    browser: null,
    timestamp: "2026-03-01T10:00:00Z",
    received_at: "2026-03-01T10:00:00Z",
    retention_days: 365,
    anonymized: false,
    is_bot: false,
  };
}

export function game(changed: Partial<Game> = {}): Game {
  return {
    customer_id: "acme",
    as_of: "2026-03-04T10:00:00Z",
    points: 1234,
    levels: [
      {
        competency: "customer_intelligence",
        name: "Knowing customers",
        level: 2,
        title: "Practitioner",
        points: 130,
        next_at: 150,
        progress: 0.73,
      },
      {
        competency: "sales_execution",
        name: "Selling",
        level: 5,
        title: "Authority",
        points: 900,
        next_at: null,
        progress: null,
      },
    ],
    badges: [
      badge({ badge_id: "first-export", name: "First export", earned_on: "2026-02-01", progress: 1 }),
      badge({ badge_id: "maker", name: "Maker", earned_on: "2026-03-01", progress: 1 }),
      badge({ badge_id: "well-travelled", name: "Well travelled", value: 6, at_least: 10, progress: 0.6 }),
    ],
    next_badge: "well-travelled",
    streak: { weeks: 5, longest: 9, state: "grace", keep_by: "2026-03-08" },
    leaderboard: "off",
    display_name: null,
    ...changed,
  };
}

export const badge = (changed: Partial<Badge>): Badge => ({
  badge_id: "b",
  name: "Badge",
  description: "",
  earned_on: null,
  progress: 0,
  value: 0,
  at_least: 1,
  ...changed,
});

export const board = (changed: Partial<Leaderboard> = {}): Leaderboard => ({
  days: 28,
  items: [
    { rank: 1, name: "Globex", points: 320, is_me: false },
    { rank: 2, name: "Somebody", points: 120, is_me: false },
  ],
  me: null,
  customers: 2,
  ...changed,
});

export const recommendation = (changed: Partial<Recommendation> = {}): Recommendation => ({
  recommendation_id: "r1",
  source: "playbook",
  playbook: "first-steps",
  title: "First week",
  action: "Open the cost calculator",
  tool_id: "cost-calculator",
  competency: null,
  reason: "You used 1 of 4 tools so far.",
  evidence: [{ label: "Tools used", value: "1 of 4" }],
  state: "made",
  made_at: "2026-03-01T10:00:00Z",
  shown_at: null,
  accepted_at: null,
  dismissed_at: null,
  done_at: null,
  url: null,
  ...changed,
});
