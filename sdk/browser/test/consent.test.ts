import { afterEach, describe, expect, it } from "vitest";
import type { TrackerOptions } from "../src/types.js";
import { MemoryStorage, open, server, soon, useFakes, waiting } from "./fakes.js";

useFakes();

const UUID = /^[\da-f]{8}-[\da-f]{4}-7[\da-f]{3}-[\da-f]{4}-[\da-f]{12}$/;
const signal = (name: "doNotTrack" | "globalPrivacyControl", value: unknown): void =>
  void Object.defineProperty(navigator, name, { value, configurable: true });
afterEach(() => {
  for (const name of ["doNotTrack", "globalPrivacyControl"]) Reflect.deleteProperty(navigator, name);
  history.replaceState(null, "", "/");
});

/** All a page can do, with the time for every timer. */
async function useAll(options: Partial<TrackerOptions>) {
  const storage = new MemoryStorage();
  const bench = open({ pageViews: true, storage, flushAt: 1, ...options });
  const { tracker, clock } = bench;
  const ids = [
    tracker.track("navigation", { businessImpact: "high" }),
    tracker.trackExport({ exportType: "pdf" }),
    tracker.trackBehavior("click"),
    tracker.identify("u1", { email: "a@b" }),
    tracker.group("c1"),
    tracker.alias("u0"),
    tracker.page(),
  ];
  const visit = tracker.enterTool("icp-analysis");
  ids.push(visit.id);
  history.pushState(null, "", "/elsewhere");
  visit.exit();
  tracker.reset();
  await tracker.flush();
  window.dispatchEvent(new Event("pagehide"));
  window.dispatchEvent(new Event("online"));
  await clock.advance(600_000);
  for (const id of ids) expect(id).toMatch(UUID);
  return { ...bench, storage };
}
const silent = ({ tracker, storage }: Awaited<ReturnType<typeof useAll>>): void => {
  expect(server.calls).toEqual([]);
  expect(storage.writes).toBe(0);
  expect(storage.length).toBe(0);
  expect(tracker.stats()).toMatchObject({ queued: 0, delivered: 0 });
};

describe("without consent nothing is sent and not a byte is stored", () => {
  it("when it is denied", async () => {
    const bench = await useAll({ consent: "denied" });
    silent(bench);
    const { captured, dropped } = bench.tracker.stats();
    expect(captured).toBeGreaterThan(7);
    expect(dropped).toEqual({ consent: captured });
  });
  it("with Do Not Track", async () => {
    signal("doNotTrack", "1");
    silent(await useAll({ consent: "granted" }));
  });
  it("with Global Privacy Control", async () => {
    signal("globalPrivacyControl", true);
    silent(await useAll({ consent: "granted" }));
  });
  it("with a signal, whatever setConsent says", async () => {
    signal("globalPrivacyControl", true);
    const bench = await useAll({});
    bench.tracker.setConsent("granted");
    bench.tracker.track("navigation", { businessImpact: "high" });
    await bench.clock.advance(60_000);
    silent(bench);
  });
  it("while it is pending", async () => {
    const { tracker, storage } = await useAll({ consent: "pending" });
    expect(server.calls).toEqual([]);
    expect(storage.writes).toBe(0);
    expect(tracker.stats().queued).toBeGreaterThan(7);
  });
  it("and the same does send where there is consent", async () => {
    signal("doNotTrack", "0");
    const { tracker, storage } = await useAll({});
    expect(server.events.length).toBeGreaterThan(7);
    expect(storage.writes).toBeGreaterThan(0);
    expect(tracker.stats()).toMatchObject({ queued: 0, dropped: {} });
  });
  it("nor held back where the site does not follow the signals", async () => {
    signal("doNotTrack", "1");
    await useAll({ respectSignals: false });
    expect(server.events.length).toBeGreaterThan(7);
  });
});

describe("setConsent", () => {
  it("granted sends what waited", async () => {
    const { tracker } = open({ consent: "pending" });
    const id = tracker.track("navigation", { businessImpact: "high" });
    await soon();
    expect(server.calls).toEqual([]);
    tracker.setConsent("granted");
    await soon();
    expect(server.events.map(({ event_id }) => event_id)).toEqual([id]);
  });
  it("denied purges what waits and what is stored, and calls back what is on its way", async () => {
    server.answers = ["never"];
    const storage = new MemoryStorage();
    storage.setItem("the site's own", "stays");
    const { tracker, clock, drops } = open({ storage });
    tracker.track("navigation", { businessImpact: "high" });
    await soon();
    tracker.track("navigation");
    await soon();
    expect(storage.length).toBeGreaterThan(3);
    tracker.setConsent("denied");
    await clock.advance(600_000);
    expect([...storage.entries.keys()]).toEqual(["the site's own"]);
    expect(server.calls).toHaveLength(1);
    expect(server.calls[0]!.signal.aborted).toBe(true);
    expect(drops).toEqual([[2, "consent"]]);
    expect(tracker.stats().queued).toBe(0);
  });
  it("granted again starts with a new anonymous id", async () => {
    const { tracker } = open();
    tracker.track("navigation", { businessImpact: "high" });
    await soon();
    tracker.setConsent("denied");
    tracker.setConsent("granted");
    tracker.track("navigation", { businessImpact: "high" });
    await soon();
    expect(new Set(server.events.map(({ anonymous_id }) => anonymous_id)).size).toBe(2);
  });
  it("denied in another tab counts here, and purges nothing of what that tab was granted since", async () => {
    server.always = "down";
    const storage = new MemoryStorage();
    const { tracker, drops } = open({ storage });
    tracker.track("navigation");
    await soon();
    const prefix = "milepost:wk_test@https://events.example:";
    const told = () => window.dispatchEvent(new StorageEvent("storage", { key: prefix + "anon", newValue: null }));
    // The other tab purged, and was granted consent again, before this one is told.
    storage.entries.clear();
    storage.entries.set(prefix + "anon", "its new id");
    tracker.track("navigation");
    await soon();
    told();
    expect(drops).toEqual([[2, "consent"]]);
    expect(storage.getItem(prefix + "anon")).toBe("its new id");
    expect(waiting(storage)).toEqual([]);
    tracker.track("navigation");
    await soon();
    expect(waiting(storage)).toEqual([]);
    storage.entries.delete(prefix + "anon");
    told();
    expect(storage.length).toBe(0);
  });
  it("granted tells nothing of a page that was seen before", async () => {
    const { tracker, clock } = open({ consent: "denied", pageViews: true });
    history.pushState(null, "", "/before-consent");
    await clock.advance(60_000);
    tracker.setConsent("granted");
    await tracker.flush();
    expect(server.events.map(({ event_metadata }) => event_metadata.action)).toEqual(["page_view"]);
  });
  it("denied calls back every request of a beacon", async () => {
    server.always = "never";
    const { tracker } = open();
    tracker.track("navigation");
    tracker.identify("u1");
    tracker.track("navigation");
    window.dispatchEvent(new Event("pagehide"));
    await soon();
    expect(server.calls).toHaveLength(3);
    tracker.setConsent("denied");
    expect(server.calls.map(({ signal }) => signal.aborted)).toEqual([true, true, true]);
  });
});
