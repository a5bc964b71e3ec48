import { afterEach, describe, expect, it } from "vitest";
import { makeTracker } from "../src/tracker.js";
import type { KeyValueStorage } from "../src/types.js";
import { FakeClock, MemoryStorage, open, rest, server, soon, useFakes, waiting } from "./fakes.js";

useFakes();

const forbid = (): never => {
  throw new DOMException("The operation is insecure.", "SecurityError");
};
const forbidden: KeyValueStorage = {
  getItem: forbid,
  setItem: forbid,
  removeItem: forbid,
  key: forbid,
  get length(): number {
    return forbid();
  },
};
const full = (): MemoryStorage => Object.assign(new MemoryStorage(), { full: true });

describe.each([
  ["throws", () => forbidden],
  ["is full", full],
  ["is none", () => null],
])("storage that %s", (_, make) => {
  it("keeps the events in memory, says so once, and sends them", async () => {
    server.always = "down";
    const { tracker, clock, errors } = open({ storage: make() });
    const ids = [tracker.track("navigation"), tracker.trackExport({ exportType: "pdf" }), tracker.identify("u1")];
    await soon();
    tracker.track("navigation");
    await soon();
    expect(tracker.stats()).toMatchObject({ queued: 4, persistent: false, dropped: {} });
    expect(errors.filter(({ code }) => code === "spool_unavailable")).toHaveLength(1);
    server.calls = [];
    server.always = undefined;
    await clock.advance(120_000);
    expect(tracker.stats()).toMatchObject({ queued: 0, delivered: 4, dropped: {} });
    expect(server.events.map((wire) => wire.event_id ?? wire.messageId).slice(0, 3)).toEqual(ids);
    expect(new Set(server.events.map((wire) => wire.anonymous_id ?? wire.anonymousId)).size).toBe(1);
  });
  it("throws from no call", async () => {
    const { tracker } = open({ storage: make(), pageViews: true });
    tracker.enterTool("icp-analysis").exit();
    tracker.page();
    tracker.reset();
    tracker.setConsent("denied");
    tracker.setConsent("granted");
    await tracker.flush();
    tracker.end();
    expect(tracker.stats().errors).toBe(1);
  });
});

it("notices when there is room again", async () => {
  server.always = "down";
  const storage = full();
  const { tracker } = open({ storage });
  tracker.track("navigation");
  await soon();
  expect(tracker.stats().persistent).toBe(false);
  storage.full = false;
  tracker.track("navigation");
  await soon();
  expect(tracker.stats().persistent).toBe(true);
  expect(waiting(storage)).toHaveLength(2);
});

it("takes nothing left to keep for no sign of room", async () => {
  const { tracker, clock } = open({ storage: full(), flushInterval: 300 });
  tracker.track("navigation");
  await clock.advance(350);
  expect(tracker.stats()).toMatchObject({ delivered: 0, persistent: false });
  tracker.track("navigation"); // sent with the first, before it would be written down
  await clock.advance(60);
  expect(tracker.stats()).toMatchObject({ delivered: 2, persistent: false });
  await clock.advance(100);
  expect(tracker.stats().persistent).toBe(false);
});

it("lives without a localStorage that may not even be named", async () => {
  const own = Object.getOwnPropertyDescriptor(globalThis, "localStorage");
  Object.defineProperty(globalThis, "localStorage", { get: forbid, configurable: true });
  const clock = new FakeClock();
  try {
    const tracker = makeTracker({ writeKey: "wk", pageViews: false, clock }, "https://events.example");
    tracker.track("navigation", { businessImpact: "high" });
    await clock.advance(100);
    expect(tracker.stats()).toMatchObject({ delivered: 1, persistent: false });
    tracker.end();
  } finally {
    if (own) Object.defineProperty(globalThis, "localStorage", own);
    else Reflect.deleteProperty(globalThis, "localStorage");
  }
});

describe("events are saved", () => {
  const hide = (hidden: boolean) => {
    Object.defineProperty(document, "hidden", { value: hidden, configurable: true });
    document.dispatchEvent(new Event("visibilitychange", { bubbles: true }));
  };
  afterEach(() => Reflect.deleteProperty(document, "hidden"));

  it("together: a burst costs one write", async () => {
    const storage = new MemoryStorage();
    const { tracker, clock } = open({ storage });
    tracker.track("navigation");
    await soon(); // the session, the anonymous id, the lease
    const before = storage.writes;
    const ids = Array.from({ length: 10 }, () => tracker.track("navigation"));
    await clock.advance(99);
    expect(storage.writes).toBe(before);
    await clock.advance(1);
    expect(waiting(storage).slice(1)).toEqual(ids);
    expect(storage.writes - before).toBeLessThanOrEqual(2); // one of them the session's
  });
  it("with their task where they matter most", async () => {
    server.always = "down";
    const storage = new MemoryStorage();
    const { tracker } = open({ storage });
    const ids = [tracker.track("navigation"), tracker.track("navigation", { businessImpact: "high" })];
    await rest();
    expect(waiting(storage)).toEqual(ids);
  });
  it("with their task where the page is hidden, and what waited when it is", async () => {
    server.always = "down";
    const storage = new MemoryStorage();
    const { tracker } = open({ storage });
    const before = tracker.track("navigation");
    hide(true);
    expect(waiting(storage)).toEqual([before]);
    const after = tracker.track("navigation");
    await rest();
    expect(waiting(storage)).toEqual([before, after]);
  });
  it("in parts, as far as there is room", async () => {
    server.always = "down";
    const storage = new MemoryStorage();
    const { tracker } = open({ storage, flushAt: 1000 });
    storage.room = 60_000;
    for (let n = 0; n < 200; n++) tracker.track("navigation");
    await soon();
    expect(tracker.stats()).toMatchObject({ queued: 200, persistent: false });
    expect(waiting(storage).length).toBeGreaterThan(0);
    storage.room = Infinity;
    tracker.track("navigation");
    await soon();
    expect(tracker.stats().persistent).toBe(true);
    expect(waiting(storage)).toHaveLength(201);
  });
  it("whatever is in them", async () => {
    server.always = "down";
    const clock = new FakeClock();
    const storage = new MemoryStorage();
    const text = "line\nnext\u2028paragraph\u2029\r\ud83d\ude00";
    const id = open({ storage }, clock).tracker.track("navigation", { metadata: { text } });
    await soon();
    server.calls = [];
    server.always = undefined;
    open({ storage }, Object.assign(new FakeClock(), { at: clock.at + 91_000 }));
    await soon();
    expect(server.events).toMatchObject([{ event_id: id, event_metadata: { text } }]);
  });
  it("and nothing of a visit's prepared exit stays behind", async () => {
    const storage = new MemoryStorage();
    const { tracker } = open({ storage });
    const visit = tracker.enterTool("icp-analysis");
    await tracker.flush();
    hide(true);
    expect(waiting(storage)).toHaveLength(1);
    hide(false);
    expect(waiting(storage)).toEqual([]);
    visit.exit();
    await tracker.flush();
    expect([...storage.entries.keys()].map((name) => name.split(":").at(-1))).toEqual(["session", "anon"]);
  });
});

describe("two tabs", () => {
  it("leave each other's entries alone while both live, and take over those of one that is gone, once", async () => {
    server.always = "down";
    const clock = new FakeClock();
    const storage = new MemoryStorage();
    const id = open({ storage }, clock).tracker.track("navigation");
    await soon();
    const living = open({ storage }, clock);
    await soon();
    expect(living.tracker.stats().queued).toBe(0);
    // As after a crash: the first tab's timers never run, and its lease runs out.
    const after = Object.assign(new FakeClock(), { at: clock.at + 91_000 });
    server.calls = [];
    server.always = undefined;
    const heir = open({ storage }, after);
    await soon();
    expect(server.events.map(({ event_id }) => event_id)).toEqual([id]);
    expect(heir.tracker.stats()).toMatchObject({ queued: 0, delivered: 1 });
    expect(waiting(storage)).toEqual([]);
  });
});
