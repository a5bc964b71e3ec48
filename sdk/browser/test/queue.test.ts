import { describe, expect, it } from "vitest";
import { bound, EVENT, IDENTITY_CALL, nextBatch, take, type Entry } from "../src/queue.js";
import type { Impact } from "../src/types.js";
import { MemoryStorage, open, server, soon, useFakes, waiting } from "./fakes.js";

useFakes();

const entry = (id: string, priority = 0, more: Partial<Entry> = {}): Entry => ({ id, kind: EVENT, priority, json: "{}", ...more });
const ids = (entries: Entry[]): string => entries.map(({ id }) => id).join(" ");

describe("bound", () => {
  it("gives up the oldest of the lowest impact first", () => {
    const queue = [entry("h1", 2), entry("l1"), entry("m1", 1), entry("l2"), entry("h2", 2), entry("m2", 1)];
    expect(ids(bound(queue, 6))).toBe("");
    expect(ids(bound(queue, 5))).toBe("l1");
    expect(ids(bound(queue, 3))).toBe("l2 m1");
    expect(ids(bound(queue, 1))).toBe("m2 h1");
    expect(ids(queue)).toBe("h2");
  });
  it("spares what is on its way", () => {
    const queue = [entry("l1", 0, { request: new AbortController() }), entry("h1", 2), entry("l2")];
    expect(ids(bound(queue, 1))).toBe("l2 h1");
    expect(ids(queue)).toBe("l1");
  });
});

it("takes entries out wherever they are, and leaves those that are gone already", () => {
  const [a, b, c, d] = [entry("a"), entry("b"), entry("c"), entry("d")] as const;
  const queue = [a, b, c];
  take(queue, [c, a, d]);
  expect(queue).toEqual([b]);
});

describe("nextBatch", () => {
  it("keeps to number, bytes and kind, in order of capture", () => {
    const queue = [entry("a"), entry("b"), entry("i", 2, { kind: IDENTITY_CALL }), entry("c")];
    expect(ids(nextBatch(queue, 500, 1000))).toBe("a b");
    expect(ids(nextBatch(queue, 1, 1000))).toBe("a");
    expect(ids(nextBatch(queue, 500, 5))).toBe("a"); // 2 bytes and a comma each
    expect(ids(nextBatch(queue.slice(2), 500, 1000))).toBe("i");
    expect(nextBatch([], 500, 1000)).toEqual([]);
  });
  it("counts the bytes on their way, but sends them no second time", () => {
    const queue = [entry("a", 0, { request: new AbortController() }), entry("b"), entry("c")];
    expect(ids(nextBatch(queue, 500, 9))).toBe("b c");
    expect(ids(nextBatch(queue, 500, 6))).toBe("b");
    expect(ids(nextBatch(queue, 500, 5))).toBe("");
  });
});

describe("a tracker's queue", () => {
  it("is bounded, and tells what it gave up", async () => {
    server.always = "down";
    const storage = new MemoryStorage();
    const { tracker, drops } = open({ maxQueue: 3, storage });
    const all = (["low", "high", "medium", "low", "high", "high"] as Impact[]).map((businessImpact) => tracker.track("navigation", { businessImpact }));
    await soon();
    expect(tracker.stats()).toMatchObject({ captured: 6, queued: 3, dropped: { queue_full: 3 } });
    expect(drops).toEqual([[1, "queue_full"], [1, "queue_full"], [1, "queue_full"]]);
    expect(waiting(storage)).toEqual([all[1], all[4], all[5]]);
  });
  it("stays bounded whatever the impact says", async () => {
    server.always = "down";
    const { tracker } = open({ maxQueue: 3 });
    for (let n = 0; n < 6; n++) tracker.track("navigation", { businessImpact: "urgent" as Impact });
    expect(tracker.stats()).toMatchObject({ queued: 3, dropped: { queue_full: 3 } });
  });
  it("counts what cannot be sent, with its reason", () => {
    const { tracker, errors } = open();
    const circle: Record<string, unknown> = {};
    circle.self = circle;
    const id = tracker.track("navigation", { metadata: circle });
    tracker.track("navigation", { metadata: { text: "x".repeat(33 * 1024) } });
    expect(tracker.stats()).toMatchObject({ captured: 2, queued: 0, dropped: { invalid: 1, too_large: 1 } });
    expect(errors[0]).toMatchObject({ code: "invalid", eventId: id });
  });
  it("does not throw at an error that is no text", () => {
    const { tracker } = open();
    expect(tracker.trackResourceGeneration({ resourceType: "deck", error: Object.create(null) })).toMatch(/^[\da-f-]{36}$/);
  });
  it("does not throw at fields that do when they are read", () => {
    const { tracker } = open();
    const given = {
      resourceType: "deck",
      get metadata(): never {
        throw new Error("the site's own");
      },
    };
    const ids = [tracker.track("navigation", given), tracker.trackClick({ buttonId: "b" }), tracker.trackResourceGeneration(given)];
    for (const id of ids) expect(id).toMatch(/^[\da-f-]{36}$/);
    expect(tracker.stats()).toMatchObject({ captured: 3, queued: 1, dropped: { invalid: 2 } });
  });
  it("survives onDrop and onError that throw", () => {
    const fuss = () => {
      throw new Error("host");
    };
    const { tracker } = open({ maxQueue: 1, onDrop: fuss, onError: fuss });
    tracker.track("navigation");
    tracker.track("navigation");
    expect(tracker.stats()).toMatchObject({ queued: 1, dropped: { queue_full: 1 } });
  });
});
