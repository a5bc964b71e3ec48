// @vitest-environment node
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { createTracker, getDeviceInfo, type Tracker } from "../src/index.js";

const fetched = vi.fn();
beforeEach(() => void vi.stubGlobal("fetch", fetched));
afterEach(() => {
  vi.unstubAllGlobals();
  fetched.mockReset();
});

const UUID = /^[\da-f]{8}-[\da-f]{4}-7[\da-f]{3}-[\da-f]{4}-[\da-f]{12}$/;
const make = (): Tracker => createTracker({ writeKey: "wk", customerId: "c1" });
const CALLS: Record<string, (tracker: Tracker) => string> = {
  track: (tracker) => tracker.track("navigation"),
  trackToolUsage: (tracker) => tracker.trackToolUsage({ toolId: "icp-analysis" }),
  trackExport: (tracker) => tracker.trackExport({ exportType: "pdf" }),
  trackMilestone: (tracker) => tracker.trackMilestone({ competencyArea: "sales_execution", milestoneDescription: "first" }),
  trackResourceGeneration: (tracker) => tracker.trackResourceGeneration({ resourceType: "deck", error: new Error("no") }),
  trackResourceShare: (tracker) => tracker.trackResourceShare({ resourceType: "deck" }),
  trackClick: (tracker) => tracker.trackClick({ buttonId: "b" }),
  trackFormSubmit: (tracker) => tracker.trackFormSubmit({ formId: "f" }),
  trackNavigation: (tracker) => tracker.trackNavigation({ to: "/" }),
  trackBehavior: (tracker) => tracker.trackBehavior("click", { toolId: "icp-analysis" }),
  identify: (tracker) => tracker.identify("u1"),
  group: (tracker) => tracker.group("c1"),
  alias: (tracker) => tracker.alias("u0"),
  page: (tracker) => tracker.page(),
};

it("has no window", () => expect(typeof window).toBe("undefined"));
it.each(Object.entries(CALLS))("%s answers an id and does nothing", (_, call) => {
  const tracker = make();
  expect(call(tracker)).toMatch(UUID);
  expect(tracker.stats()).toMatchObject({ captured: 0, queued: 0, errors: 0 });
});
it("enterTool answers a visit", () => {
  const visit = make().enterTool("icp-analysis");
  expect(visit.id).toMatch(UUID);
  visit.exit();
});
it("nothing else throws, or leaves a trace", async () => {
  const tracker = make();
  tracker.setContext({ userId: "u1" });
  tracker.setConsent("granted");
  tracker.setConsent("denied");
  tracker.reset();
  await tracker.flush();
  tracker.subscribe(() => {})();
  expect(await tracker.getInsights()).toBeNull();
  expect(await tracker.getRecentEvents()).toEqual([]);
  expect(getDeviceInfo()).toEqual({ deviceType: "server", browser: "Other" });
  tracker.close();
  expect(fetched).not.toHaveBeenCalled();
});
it("shares no tracker between requests", () => {
  const [one, other] = [make(), make()];
  expect(one).not.toBe(other);
  expect(Reflect.get(globalThis, Symbol.for("milepost.trackers"))).toBeUndefined();
});
