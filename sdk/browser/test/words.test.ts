import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { describe, expect, it } from "vitest";
import { priorityOf, route, snake, split } from "../src/words.js";
import { open, server, soon, useFakes } from "./fakes.js";

useFakes();

const python = (file: string): string => readFileSync(resolve(import.meta.dirname, "../../../src/milepost", file), "utf8");
const section = (text: string, start: RegExp, end: string): string => {
  const from = text.search(start);
  if (from < 0) throw new Error(`no ${start} in the Python source`);
  return text.slice(from, text.indexOf(end, from));
};
const TYPES = [...section(python("vocabulary.py"), /^EventType = Literal\[/m, "]").matchAll(/"(\w+)"/g)].map((found) => found[1]!);
const WORDS = [...section(python("client/routing.py"), /^WORDS:/m, "}").matchAll(/"(\w+)": "(\w+)"/g)].map(
  (found) => [found[1]!, found[2]!] as const,
);

describe("routing", () => {
  it("reads the Python tables", () => {
    expect(TYPES).toHaveLength(10);
    expect(WORDS.length).toBeGreaterThan(20);
  });
  it.each([...TYPES.map((name) => [name, name] as const), ...WORDS])("sends %s to %s, as Python does", (word, type) => {
    expect(route(word)).toBe(type);
    expect(route(` ${word.replace(/_/g, "-").toUpperCase()} `)).toBe(type);
    expect(route(word.replace(/_(.)/g, (_, letter: string) => letter.toUpperCase()))).toBe(type);
  });
  it("knows no word that Python does not know", () => {
    const source = readFileSync(resolve(import.meta.dirname, "../src/words.ts"), "utf8");
    const own = [...section(source, /^const ROUTES/m, ".map(").matchAll(/[a-z_]+/g)].map(([word]) => word).filter((word) => route(word));
    expect(new Set(own)).toEqual(new Set([...TYPES, ...WORDS.map(([word]) => word)]));
  });
  it.each(["", "unheard_of", "constructor", "toString", "__proto__"])("does not know %j", (word) => {
    expect(route(word)).toBeUndefined();
  });
});

it.each([
  ["toolId", "tool_id"],
  ["tool-id", "tool_id"],
  ["Tool ID", "tool_id"],
  ["currentARR", "current_arr"],
  [" a.b  c ", "a_b_c"],
])("writes %j as %s", (word, expected) => expect(snake(word)).toBe(expected));

it("splits a payload in fields and metadata", () => {
  expect(split({ toolId: "a", tool_section: "b", fileName: "c", nothing: null, metadata: { keepCase: 1 }, eventMetadata: "d" })).toEqual([
    { tool_id: "a", tool_section: "b" },
    { file_name: "c", keepCase: 1, metadata: "d" },
  ]);
});

it.each([
  ["export_action", undefined, true, 2],
  ["competency_milestone", undefined, true, 2],
  ["systematic_progression", undefined, true, 2],
  ["resource_generation", undefined, true, 2],
  ["resource_generation", undefined, false, 1],
  ["professional_action", undefined, true, 1],
  ["content_interaction", undefined, true, 0],
  ["resource_share", undefined, true, 0],
  ["navigation", "high", true, 2],
  ["export_action", "low", true, 0],
  ["navigation", "medium", true, 1],
  ["", undefined, true, 1],
])("gives %s (impact %s, success %s) at %d", (type, impact, success, rank) => {
  expect(priorityOf(type, impact, success)).toBe(rank);
});

it("tracks any event by its name", async () => {
  const { tracker } = open();
  tracker.track("Invoice Sent", { amount: 12, toolId: "cost-calculator", actorType: "agent" });
  tracker.track("export_action", { eventName: "Report Exported" });
  tracker.track("exported", { pages: 3 });
  await soon();
  await tracker.flush();
  const sent = server.events.map(({ event_type, event_name, actor_type, tool_id, event_metadata }) => [event_type, event_name, actor_type, tool_id, event_metadata]);
  expect(sent).toEqual([
    [undefined, "Invoice Sent", "agent", "cost-calculator", { amount: 12 }],
    ["export_action", "Report Exported", undefined, undefined, {}],
    [undefined, "exported", undefined, undefined, { pages: 3 }],
  ]);
});

describe("trackBehavior", () => {
  it("answers an id whatever it is given", () => {
    expect(open().tracker.trackBehavior(Symbol("odd") as unknown as string)).toMatch(/^[\da-f-]{36}$/);
  });
  it("keeps the word where it is not the type's name, and falls back to professional_action", async () => {
    const { tracker } = open();
    tracker.trackBehavior("Download", { toolId: "icp-analysis", fileName: "x.pdf" });
    tracker.trackBehavior("export_action");
    tracker.trackBehavior("called a customer", { minutes: 5 });
    await soon();
    await tracker.flush();
    expect(server.events.map(({ event_type, tool_id, event_metadata }) => ({ event_type, tool_id, event_metadata }))).toEqual([
      { event_type: "export_action", tool_id: "icp-analysis", event_metadata: { action_type: "Download", file_name: "x.pdf" } },
      { event_type: "export_action", tool_id: undefined, event_metadata: {} },
      { event_type: "professional_action", tool_id: undefined, event_metadata: { action_type: "called a customer", minutes: 5 } },
    ]);
  });
});
