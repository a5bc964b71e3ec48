// Written by scripts/write_wire_types.py from the OpenAPI document: do not edit; `make types` does.

export type paths = Record<string, never>;
export type webhooks = Record<string, never>;
export interface components {
    schemas: {
        /** Action */
        Action: {
            /** Format: uuid */
            action_id: string;
            action_metadata: {
                [key: string]: unknown;
            };
            action_type: string;
            /** @enum {string} */
            business_impact: "low" | "medium" | "high";
            competency_area: string | null;
            currency: string | null;
            customer_id: string;
            description: string | null;
            private: boolean;
            /** Format: date-time */
            received_at: string;
            /** @enum {string} */
            role: "intervention" | "outcome";
            source: string | null;
            /** Format: date-time */
            timestamp: string;
            user_id: string | null;
            value: number | null;
        };
        /** ActionMark */
        ActionMark: {
            /** Format: uuid */
            action_id: string;
            action_type: string;
            competency_area: string | null;
            private: boolean;
            /** @enum {string} */
            role: "intervention" | "outcome";
            /** Format: date-time */
            timestamp: string;
        };
        /** Page[Action] */
        ActionPage: {
            items: components["schemas"]["Action"][];
            next: string | null;
        };
        /** Badge */
        Badge: {
            at_least: number;
            badge_id: string;
            description: string;
            earned_on: string | null;
            name: string;
            progress: number;
            value: number;
        };
        /** CompetencyPractice */
        CompetencyPractice: {
            competency: string;
            faded_outcomes: number;
            faded_points: number;
            last_outcome: string | null;
            outcomes: number;
            points: number;
            /** @description 0-100. */
            practice: number;
            /** @description 0-100. */
            results: number;
        };
        /** CompetencyScore */
        CompetencyScore: {
            competency: string;
            faded: number;
            last_day: string | null;
            points: number;
            score: number;
        };
        /** Component */
        Component: {
            contribution: number | null;
            name: string;
            /** @description 0-100; null: no data, its weight goes to the others. */
            value: number | null;
            weight: number;
        };
        /** Customer */
        Customer: {
            customer_id: string;
            insights: components["schemas"]["Insights"];
            name: string | null;
            traits: {
                [key: string]: unknown;
            };
        };
        /** Event */
        Event: {
            /** @enum {string} */
            actor_type: "person" | "service" | "agent";
            anonymized: boolean;
            anonymous_id: string | null;
            browser: string | null;
            /** @enum {string} */
            business_impact: "low" | "medium" | "high";
            competency_area: string | null;
            current_arr: string | null;
            customer_id: string;
            /** @enum {null|string} */
            device_type: "desktop" | "mobile" | "tablet" | "server" | "other" | null;
            /** Format: uuid */
            event_id: string;
            event_metadata: {
                [key: string]: unknown;
            };
            event_name: string | null;
            /** @enum {string} */
            event_type: "tool_usage" | "export_action" | "competency_milestone" | "scaling_metric" | "professional_action" | "navigation" | "content_interaction" | "resource_generation" | "resource_share" | "systematic_progression";
            growth_stage: string | null;
            is_bot: boolean;
            page_url: string | null;
            /** Format: date-time */
            received_at: string;
            referrer: string | null;
            retention_days: number;
            /** @description Milliseconds. */
            session_duration: number | null;
            session_id: string | null;
            target_arr: string | null;
            /** @description Milliseconds. */
            time_on_page: number | null;
            /** Format: date-time */
            timestamp: string;
            tool_id: string | null;
            tool_section: string | null;
            user_id: string | null;
        };
        /** Page[Event] */
        EventPage: {
            items: components["schemas"]["Event"][];
            next: string | null;
        };
        /** Evidence */
        Evidence: {
            label: string;
            value: string;
        };
        /** Game */
        Game: {
            /** Format: date-time */
            as_of: string;
            badges: components["schemas"]["Badge"][];
            customer_id: string;
            display_name: string | null;
            /** @enum {string} */
            leaderboard: "off" | "anonymous" | "named";
            levels: components["schemas"]["Level"][];
            next_badge: string | null;
            points: number;
            streak: components["schemas"]["Streak"];
        };
        /** History */
        History: {
            customer_id: string;
            days: components["schemas"]["InsightsDay"][];
            plan_version: number;
            versions: components["schemas"]["PlanVersion"][];
        };
        /**
         * IncomingEvent
         * @description One event as `POST /v1/events` takes it. Empty strings mean "not given"; unknown fields are ignored. What it is
         *         called (`event_name`) is enough: its type is then what the name means.
         */
        IncomingEvent: {
            actor_type?: ("agent" | "person" | "service") | null;
            anonymous_id?: string | null;
            browser?: string | null;
            business_impact?: ("high" | "low" | "medium") | null;
            competency_area?: string | null;
            current_arr?: string | null;
            customer_id?: string | null;
            device_type?: ("desktop" | "mobile" | "other" | "server" | "tablet") | null;
            event_id?: string | null;
            event_metadata?: {
                [key: string]: unknown;
            } | null;
            event_name?: string | null;
            event_type?: ("competency_milestone" | "content_interaction" | "export_action" | "navigation" | "professional_action" | "resource_generation" | "resource_share" | "scaling_metric" | "systematic_progression" | "tool_usage") | null;
            growth_stage?: string | null;
            identity_signature?: string | null;
            metadata?: {
                [key: string]: unknown;
            } | null;
            page_url?: string | null;
            referrer?: string | null;
            retention_days?: number | null;
            session_duration?: number | null;
            session_id?: string | null;
            target_arr?: string | null;
            time_on_page?: number | null;
            timestamp?: string | null;
            tool_id?: string | null;
            tool_section?: string | null;
            user_id?: string | null;
        };
        /** Insights */
        Insights: {
            active_weeks: number;
            /** Format: date-time */
            as_of: string;
            competencies: components["schemas"]["CompetencyScore"][];
            current_arr: string | null;
            current_scaling_score: number | null;
            customer_id: string;
            days_since_last_activity: number | null;
            first_event_at: string | null;
            growth_stage: string | null;
            high_impact_events: number;
            inconsistent_system_usage: boolean | null;
            last_action_at: string | null;
            last_activity_timestamp: string | null;
            last_session_timestamp: string | null;
            low_business_impact_actions: boolean | null;
            low_impact_events: number;
            low_impact_share: number | null;
            medium_impact_events: number;
            next_recommended_actions: {
                [key: string]: unknown;
            }[];
            /** @description The version of the tracking plan that these points are based on. */
            plan_version: number;
            points_14_days_before: number;
            points_last_14_days: number;
            professional_credibility: number;
            /** @enum {null|string} */
            professional_credibility_trend: "improving" | "stable" | "declining" | null;
            score_components: components["schemas"]["Component"][] | null;
            score_coverage: number | null;
            score_reason?: string | null;
            score_version: number;
            systematic_progression_rate: number;
            target_arr: string | null;
            total_actions: number;
            total_events: number;
            total_exports_generated: number;
            total_milestones: number;
            total_points: number;
            total_resources_created: number;
            total_resources_shared: number;
            total_sessions: number;
            total_tool_sessions: number;
        };
        /** InsightsDay */
        InsightsDay: {
            active_weeks: number;
            /** @description 0-100, by competency. */
            competency_scores: {
                [key: string]: number;
            };
            current_scaling_score: number | null;
            /** Format: date */
            day: string;
            inconsistent_system_usage: boolean | null;
            low_business_impact_actions: boolean | null;
            low_impact_share: number | null;
            points_14_days_before: number;
            points_last_14_days: number;
            /** @enum {null|string} */
            professional_credibility_trend: "improving" | "stable" | "declining" | null;
            score_components: components["schemas"]["Component"][] | null;
            score_coverage: number | null;
            systematic_progression_rate: number;
        };
        /** Intervention */
        Intervention: {
            /** Format: uuid */
            action_id: string;
            action_type: string;
            after: components["schemas"]["Span"] | null;
            before: components["schemas"]["Span"] | null;
            competency_area: string | null;
            /** @description Whole days that have passed since, of the 28. */
            days_after: number;
            private: boolean;
            /** Format: date-time */
            timestamp: string;
        };
        /** Leaderboard */
        Leaderboard: {
            customers: number;
            days: number;
            items: components["schemas"]["Place"][];
            me: components["schemas"]["MyPlace"] | null;
        };
        /** LedgerEntry */
        LedgerEntry: {
            /** Format: date-time */
            at: string;
            competency: string | null;
            credibility: number;
            customer_id: string;
            /** Format: uuid */
            event_id: string;
            /** @enum {string} */
            event_type: "tool_usage" | "export_action" | "competency_milestone" | "scaling_metric" | "professional_action" | "navigation" | "content_interaction" | "resource_generation" | "resource_share" | "systematic_progression";
            points: number;
            tool_id: string | null;
        };
        /** Page[LedgerEntry] */
        LedgerEntryPage: {
            items: components["schemas"]["LedgerEntry"][];
            next: string | null;
        };
        /** Level */
        Level: {
            competency: string;
            level: number;
            name: string;
            next_at: number | null;
            points: number;
            progress: number | null;
            title: string;
        };
        /** MyPlace */
        MyPlace: {
            points: number;
            rank: number;
        };
        /** Notice */
        Notice: {
            /** @enum {string} */
            code: "needs_server_key" | "unsigned" | "invalid_signature" | "trait_not_kept";
            event_id: string;
            field: string;
            index: number;
            message: string;
        };
        /** Place */
        Place: {
            is_me: boolean;
            name: string;
            points: number;
            rank: number;
        };
        /** PlanVersion */
        PlanVersion: {
            /** Format: date-time */
            applied_at: string;
            is_current: boolean;
            plan_version: number;
            score_version: number;
        };
        /** Practice */
        Practice: {
            /** @description Offline actions of these weeks, newest first, at most 200. */
            actions: components["schemas"]["ActionMark"][];
            /** Format: date-time */
            as_of: string;
            competencies: components["schemas"]["CompetencyPractice"][];
            customer_id: string;
            /** @description Newest first, at most 50. */
            interventions: components["schemas"]["Intervention"][];
            /** @description 0-100. */
            practice: number;
            practises_from: number;
            /** @enum {string} */
            quarter: "both" | "practice" | "results" | "neither";
            /** @description 0-100. */
            results: number;
            /** @description Oldest first; the last ends today. */
            weeks: components["schemas"]["PracticeWeek"][];
            wins_from: number;
        };
        /** PracticeWeek */
        PracticeWeek: {
            competencies: {
                [key: string]: number;
            };
            /** Format: date */
            first: string;
            /** Format: date */
            last: string;
            points: number;
        };
        /** Receipt */
        Receipt: {
            accepted: number;
            duplicates: number;
            notices?: components["schemas"]["Notice"][];
            rejected: components["schemas"]["Rejection"][];
        };
        /** Recommendation */
        Recommendation: {
            accepted_at: string | null;
            action: string;
            competency: string | null;
            dismissed_at: string | null;
            done_at: string | null;
            evidence: components["schemas"]["Evidence"][];
            /** Format: date-time */
            made_at: string;
            /** @description The playbook's id in the plan; null for a learned one. */
            playbook: string | null;
            reason: string;
            /** Format: uuid */
            recommendation_id: string;
            shown_at: string | null;
            /** @enum {string} */
            source: "playbook" | "learned";
            /** @enum {string} */
            state: "made" | "shown" | "accepted" | "dismissed" | "done" | "expired";
            title: string;
            tool_id: string | null;
            url: string | null;
        };
        /** Recommendations */
        Recommendations: {
            customer_id: string;
            items: components["schemas"]["Recommendation"][];
        };
        /** Rejection */
        Rejection: {
            /** @enum {string} */
            code: "invalid_json" | "invalid_unicode" | "invalid_type" | "invalid_value" | "missing_field" | "too_long" | "too_large" | "too_deep" | "time_too_old" | "time_too_far_ahead" | "unknown_event_type" | "unstorable" | "unsigned";
            event_id: string | null;
            field: string | null;
            index: number;
            message: string;
        };
        /** Session */
        Session: {
            browser: string | null;
            competency_points_earned: number;
            customer_id: string;
            /** @enum {null|string} */
            device_type: "desktop" | "mobile" | "tablet" | "server" | "other" | null;
            /** Format: date-time */
            ended_at: string;
            events_count: number;
            exports_generated: number;
            primary_tool: string | null;
            referrer_source: string | null;
            /** @description Milliseconds. */
            session_duration: number;
            session_id: string;
            /** Format: date-time */
            started_at: string;
            tools_accessed: string[];
            user_id: string | null;
        };
        /** Page[Session] */
        SessionPage: {
            items: components["schemas"]["Session"][];
            next: string | null;
        };
        /** Span */
        Span: {
            active_days: number;
            /** Format: date */
            first: string;
            /** Format: date */
            last: string;
            points_a_week: number;
        };
        /** Streak */
        Streak: {
            keep_by: string | null;
            longest: number;
            /** @enum {string} */
            state: "active" | "due" | "grace" | "none";
            weeks: number;
        };
    };
    responses: never;
    parameters: never;
    requestBodies: never;
    headers: never;
    pathItems: never;
}
export type Action = components['schemas']['Action'];
export type ActionMark = components['schemas']['ActionMark'];
export type ActionPage = components['schemas']['ActionPage'];
export type Badge = components['schemas']['Badge'];
export type CompetencyPractice = components['schemas']['CompetencyPractice'];
export type CompetencyScore = components['schemas']['CompetencyScore'];
export type Component = components['schemas']['Component'];
export type Customer = components['schemas']['Customer'];
export type Event = components['schemas']['Event'];
export type EventPage = components['schemas']['EventPage'];
export type Evidence = components['schemas']['Evidence'];
export type Game = components['schemas']['Game'];
export type History = components['schemas']['History'];
export type IncomingEvent = components['schemas']['IncomingEvent'];
export type Insights = components['schemas']['Insights'];
export type InsightsDay = components['schemas']['InsightsDay'];
export type Intervention = components['schemas']['Intervention'];
export type Leaderboard = components['schemas']['Leaderboard'];
export type LedgerEntry = components['schemas']['LedgerEntry'];
export type LedgerEntryPage = components['schemas']['LedgerEntryPage'];
export type Level = components['schemas']['Level'];
export type MyPlace = components['schemas']['MyPlace'];
export type Notice = components['schemas']['Notice'];
export type Place = components['schemas']['Place'];
export type PlanVersion = components['schemas']['PlanVersion'];
export type Practice = components['schemas']['Practice'];
export type PracticeWeek = components['schemas']['PracticeWeek'];
export type Receipt = components['schemas']['Receipt'];
export type Recommendation = components['schemas']['Recommendation'];
export type Recommendations = components['schemas']['Recommendations'];
export type Rejection = components['schemas']['Rejection'];
export type Session = components['schemas']['Session'];
export type SessionPage = components['schemas']['SessionPage'];
export type Span = components['schemas']['Span'];
export type Streak = components['schemas']['Streak'];
export type $defs = Record<string, never>;
export type operations = Record<string, never>;
