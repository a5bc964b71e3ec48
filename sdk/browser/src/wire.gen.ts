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
        /** Page[Action] */
        ActionPage: {
            items: components["schemas"]["Action"][];
            next: string | null;
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
            /** @enum {string} */
            event_type: "tool_usage" | "export_action" | "competency_milestone" | "scaling_metric" | "professional_action" | "navigation" | "content_interaction" | "resource_generation" | "resource_share" | "systematic_progression";
            /** @enum {null|string} */
            growth_stage: "early_scaling" | "rapid_scaling" | "mature_scaling" | null;
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
        /**
         * IncomingEvent
         * @description One event as `POST /v1/events` takes it. Empty strings mean "not given"; unknown fields are ignored.
         */
        IncomingEvent: {
            anonymous_id?: string | null;
            browser?: string | null;
            business_impact?: ("high" | "low" | "medium") | null;
            competency_area?: string | null;
            current_arr?: string | null;
            customer_id?: string | null;
            device_type?: ("desktop" | "mobile" | "other" | "server" | "tablet") | null;
            event_id?: string | null;
            event_metadata?: Record<string, unknown> | null;
            /** @enum {unknown} */
            event_type: "competency_milestone" | "content_interaction" | "export_action" | "navigation" | "professional_action" | "resource_generation" | "resource_share" | "scaling_metric" | "systematic_progression" | "tool_usage";
            growth_stage?: ("early_scaling" | "mature_scaling" | "rapid_scaling") | null;
            metadata?: Record<string, unknown> | null;
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
            customer_intelligence_score: number | null;
            days_since_last_activity: number | null;
            first_event_at: string | null;
            /** @enum {null|string} */
            growth_stage: "early_scaling" | "rapid_scaling" | "mature_scaling" | null;
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
            points_14_days_before: number;
            points_last_14_days: number;
            professional_credibility: number;
            /** @enum {null|string} */
            professional_credibility_trend: "improving" | "stable" | "declining" | null;
            sales_execution_score: number | null;
            score_components: components["schemas"]["Component"][] | null;
            score_coverage: number | null;
            score_version: number;
            systematic_optimization_score: number | null;
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
            value_communication_score: number | null;
        };
        /** Receipt */
        Receipt: {
            accepted: number;
            duplicates: number;
            rejected: components["schemas"]["Rejection"][];
        };
        /** Rejection */
        Rejection: {
            /** @enum {string} */
            code: "invalid_json" | "invalid_unicode" | "invalid_type" | "invalid_value" | "missing_field" | "too_long" | "too_large" | "too_deep" | "time_too_old" | "time_too_far_ahead" | "unknown_event_type" | "unstorable";
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
    };
    responses: never;
    parameters: never;
    requestBodies: never;
    headers: never;
    pathItems: never;
}
export type Action = components['schemas']['Action'];
export type ActionPage = components['schemas']['ActionPage'];
export type CompetencyScore = components['schemas']['CompetencyScore'];
export type Component = components['schemas']['Component'];
export type Customer = components['schemas']['Customer'];
export type Event = components['schemas']['Event'];
export type EventPage = components['schemas']['EventPage'];
export type IncomingEvent = components['schemas']['IncomingEvent'];
export type Insights = components['schemas']['Insights'];
export type Receipt = components['schemas']['Receipt'];
export type Rejection = components['schemas']['Rejection'];
export type Session = components['schemas']['Session'];
export type SessionPage = components['schemas']['SessionPage'];
export type $defs = Record<string, never>;
export type operations = Record<string, never>;
