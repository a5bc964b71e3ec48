import type { EventType } from "./types.js";

const words = (text: string): string[] => text.split(" ");

/** Fields of an event beside its id, type and time, as `POST /v1/events` takes them. */
const FIELDS = words(
  "customer_id user_id anonymous_id session_id tool_id tool_section business_impact competency_area current_arr " +
    "target_arr growth_stage session_duration time_on_page page_url referrer device_type browser retention_days " +
    "identity_signature event_name actor_type",
);
export const isField = (name: string): boolean => FIELDS.includes(name);

/** Everyday words for the event types, each after its type (the Python SDK's routing.py has the same). */
const ROUTES = [
  "tool_usage tool_enter tool_exit use_tool",
  "export_action export download",
  "competency_milestone milestone level_up achievement",
  "scaling_metric arr_update metric",
  "professional_action form form_submit submit",
  "navigation navigate page page_view pageview tab_change",
  "content_interaction button_click click expand read scroll",
  "resource_generation generate generation",
  "resource_share share",
  "systematic_progression progress progression",
].map(words);

const known: Record<string, string> = Object.create(null);

/** `toolId`, `tool-id`, `Tool ID` -> `tool_id`; `currentARR` -> `current_arr`. */
export const snake = (word: string): string =>
  (known[word] ??= word
    .trim()
    .replace(/([a-z\d])(?=[A-Z])/g, "$1_")
    .replace(/[\s\-.]+/g, "_")
    .toLowerCase());

/** The event type of an action; undefined where the word is not known. */
export const route = (action: string): EventType | undefined =>
  ROUTES.find((names) => names.includes(snake(action)))?.[0] as EventType | undefined;

export type Fields = Record<string, unknown>;

/** A payload with camelCase or snake_case keys as [event fields, metadata]. `metadata` and `eventMetadata`
 *  are merged into the metadata; keys that are no field of an event go there too, in snake_case. */
export function split(payload?: object): [Fields, Fields] {
  const fields: Fields = {};
  const metadata: Fields = {};
  const given: unknown[] = [];
  for (const [key, value] of Object.entries(payload || {})) {
    const name = snake(key);
    if (value == null) continue;
    if (isField(name)) fields[name] = value;
    else if (value instanceof Error) metadata[name] = "" + value;
    else if (/^(event_)?metadata$/.test(name)) given.push(typeof value === "object" ? value : { metadata: value });
    else metadata[name] = value;
  }
  return [fields, Object.assign(metadata, ...given)];
}

/** 0-2, low to high: what is given up last. By the server's default impact, where the sender names none; without a
 *  type nobody here knows it. */
export function priorityOf(type: string, impact: unknown, success: boolean): number {
  if (impact) return "lmh".indexOf(("" + impact)[0]!);
  if (/^(ex|co.*e$|sy)/.test(type)) return 2;
  return type === "resource_generation" ? (success ? 2 : 1) : +/^(p|$)/.test(type);
}
