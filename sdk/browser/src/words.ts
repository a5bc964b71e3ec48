import type { EventType, Impact } from "./types.js";

/** Fields of an event beside its id, type and time, as `POST /v1/events` takes them. */
const FIELDS = new Set(
  (
    "customer_id user_id anonymous_id session_id tool_id tool_section business_impact competency_area current_arr " +
    "target_arr growth_stage session_duration time_on_page page_url referrer device_type browser retention_days"
  ).split(" "),
);

/** The ten event types, and the everyday words for them (the Python SDK's routing.py has the same). */
const WORDS: Record<EventType, string> = {
  tool_usage: "tool_enter tool_exit use_tool",
  export_action: "export download",
  competency_milestone: "milestone level_up achievement",
  scaling_metric: "arr_update metric",
  professional_action: "form form_submit submit",
  navigation: "navigate page page_view pageview tab_change",
  content_interaction: "button_click click expand read scroll",
  resource_generation: "generate generation",
  resource_share: "share",
  systematic_progression: "progress progression",
};

/** `toolId`, `tool-id`, `Tool ID` -> `tool_id`; `currentARR` -> `current_arr`. */
export const snake = (word: string): string =>
  word
    .trim()
    .replace(/([a-z0-9])([A-Z])/g, "$1_$2")
    .replace(/[\s\-.]+/g, "_")
    .toLowerCase();

/** The event type of an action; undefined where the word is not known. */
export function route(actionType: string): EventType | undefined {
  const word = snake(actionType);
  for (const type in WORDS)
    if (type === word || WORDS[type as EventType].split(" ").includes(word)) return type as EventType;
  return undefined;
}

export type Fields = Record<string, unknown>;

/** A payload with camelCase or snake_case keys as [event fields, metadata]. `metadata` and `eventMetadata`
 *  are merged into the metadata; keys that are no field of an event go there too, in snake_case. */
export function split(payload: object | undefined): [Fields, Fields] {
  const fields: Fields = {};
  const metadata: Fields = {};
  const given: unknown[] = [];
  for (const [key, value] of Object.entries(payload || {})) {
    const name = snake(key);
    if (value == null) continue;
    if (FIELDS.has(name)) fields[name] = value;
    else if (/^(event_)?metadata$/.test(name)) given.push(typeof value === "object" ? value : { metadata: value });
    else metadata[name] = value;
  }
  return [fields, Object.assign(metadata, ...given)];
}

/** 0-2: what is given up last. As the server's default impact, where the sender names none. */
export function rankOf(type: string, impact: unknown, success: boolean): 0 | 1 | 2 {
  const known = { low: 0, medium: 1, high: 2 } as const;
  if (impact) return known[impact as Impact] || 0;
  if (/^(export|comp|syst)/.test(type)) return 2;
  if (type === "resource_generation") return success ? 2 : 1;
  return type === "professional_action" ? 1 : 0;
}
