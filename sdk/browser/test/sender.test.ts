import { describe, expect, it, vi } from "vitest";
import { MemoryStorage, open, receipt, rest, server, soon, useFakes, waiting } from "./fakes.js";

useFakes();

const high = { businessImpact: "high" } as const;

it("sends high impact at once, the rest within the interval", async () => {
  const { tracker, clock } = open();
  tracker.track("navigation");
  await clock.advance(29_900);
  expect(server.calls).toHaveLength(0);
  await clock.advance(200);
  expect(server.calls).toHaveLength(1);
  tracker.track("navigation", high);
  await soon();
  expect(server.events).toHaveLength(2);
  expect(tracker.stats()).toMatchObject({ delivered: 2, queued: 0 });
  expect(server.calls[0]).toMatchObject({ url: "https://events.example/v1/events", keepalive: true });
  expect(JSON.parse(server.calls[1]!.body)).toMatchObject({ write_key: "wk_test", sent_at: expect.stringMatching(/^2030-01-01T00:00:30\.\d{3}Z$/) });
});

it("sends after flushAt events, and identity calls in their place", async () => {
  const { tracker } = open({ flushAt: 3, customerId: "c1" });
  tracker.track("navigation");
  tracker.identify("u1");
  tracker.track("navigation");
  await soon();
  expect(server.calls.map(({ url, items }) => [url.split("/").at(-1), items.length])).toEqual([["events", 1], ["batch", 1], ["events", 1]]);
  expect(server.events[1]).toMatchObject({ type: "identify", userId: "u1" });
  expect(server.events[2]).toMatchObject({ user_id: "u1", customer_id: "c1" });
});

it("sends a signature with the ids it was made of, and tells what did not count", async () => {
  const onError = vi.fn();
  const { tracker } = open({ customerId: "c1", userId: "u1", identitySignature: "5160", onError });
  const notice = { index: 0, event_id: "e", code: "needs_server_key", field: "customer_id", message: "no" };
  server.answers.push({ status: 200, body: { accepted: 1, duplicates: 0, rejected: [], notices: [notice] } });
  const id = tracker.track("navigation", high);
  await soon();
  expect(server.events[0]).toMatchObject({ customer_id: "c1", user_id: "u1", identity_signature: "5160" });
  expect(onError.mock.calls).toEqual([[{ code: "notice", message: "needs_server_key: no", eventId: id }]]);
  expect(tracker.stats()).toMatchObject({ delivered: 1, rejected: 0, queued: 0 });
  tracker.identify("u1");
  await soon();
  expect(server.events[1]).toMatchObject({ userId: "u1", context: { groupId: "c1", identity_signature: "5160" } });
});

it("goes on sending after a timer that found nothing to send", async () => {
  const { tracker, clock } = open();
  tracker.track("navigation"); // schedules a flush
  await soon();
  tracker.track("navigation", high); // empties the queue
  await soon();
  expect(tracker.stats()).toMatchObject({ delivered: 2, queued: 0 });
  await clock.advance(31_000); // the timer fires on nothing
  expect(server.calls).toHaveLength(1);
  tracker.track("navigation", high);
  await soon();
  expect(tracker.stats()).toMatchObject({ delivered: 3, queued: 0 });
  await tracker.flush(); // nothing here either
  tracker.track("navigation");
  await clock.advance(31_000);
  expect(tracker.stats()).toMatchObject({ delivered: 4, queued: 0 });
});

it("sends what waits, and no small request for each event that comes meanwhile", async () => {
  const { tracker, clock } = open({ flushAt: 5 });
  let during = 3;
  globalThis.fetch = ((url: string, init: RequestInit) => {
    if (during-- > 0) tracker.track("navigation");
    return server.fetch(url, init);
  }) as typeof fetch;
  for (let n = 0; n < 5; n++) tracker.track("navigation");
  await soon();
  expect(server.calls.map(({ items }) => items.length)).toEqual([5]);
  during = 0;
  await clock.advance(31_000);
  expect(server.calls.map(({ items }) => items.length)).toEqual([5, 1]);
});

it("sends high impact that comes during a request right after it", async () => {
  const { tracker } = open();
  let during = 1;
  globalThis.fetch = ((url: string, init: RequestInit) => {
    if (during-- > 0) tracker.track("navigation", high);
    return server.fetch(url, init);
  }) as typeof fetch;
  tracker.track("navigation");
  await tracker.flush();
  expect(server.calls).toHaveLength(2);
  expect(tracker.stats()).toMatchObject({ queued: 0, delivered: 2 });
});

describe("what comes back", () => {
  it.each([["down"], [{ status: 408 }], [{ status: 429 }], [{ status: 500 }], [{ status: 503 }], [{ status: 200, body: "<html>" }]] as const)(
    "%j is tried again within seconds",
    async (answer) => {
      server.answers = [answer];
      const { tracker, clock } = open();
      const id = tracker.track("navigation", high);
      await soon();
      expect(tracker.stats()).toMatchObject({ queued: 1, delivered: 0, errors: 1 });
      await clock.advance(2000);
      expect(server.events.map(({ event_id }) => event_id)).toEqual([id, id]);
      expect(tracker.stats()).toMatchObject({ queued: 0, delivered: 1, dropped: {} });
    },
  );
  it.each([401, 403, 404])("%d keeps the events and asks again after five minutes", async (status) => {
    server.answers = [{ status }];
    const { tracker, clock } = open();
    tracker.track("navigation", high);
    await clock.advance(299_000);
    await tracker.flush();
    expect(server.calls).toHaveLength(1);
    await clock.advance(3000);
    expect(tracker.stats()).toMatchObject({ queued: 0, delivered: 1 });
  });
  it("takes Retry-After as the least to wait, for a flush too", async () => {
    server.answers = [{ status: 429, headers: { "Retry-After": "60" } }];
    const { tracker, clock, errors } = open();
    tracker.track("navigation", high);
    await clock.advance(59_000);
    tracker.track("navigation", high);
    await tracker.flush();
    expect(server.calls).toHaveLength(1);
    expect(errors).toMatchObject([{ code: "throttled" }]);
    await clock.advance(2000);
    expect(tracker.stats()).toMatchObject({ queued: 0, delivered: 2 });
  });
  it("lets a flush shorten the backoff where no Retry-After forbids it", async () => {
    server.answers = ["down"];
    const { tracker } = open();
    tracker.track("navigation", high);
    await soon();
    await tracker.flush();
    expect(tracker.stats()).toMatchObject({ queued: 0, delivered: 1 });
  });
  it("lets a flush shorten the backoff with flushAt events waiting too", async () => {
    server.answers = ["down"];
    const { tracker } = open({ flushAt: 1 });
    tracker.track("navigation");
    await soon();
    await tracker.flush();
    expect(tracker.stats()).toMatchObject({ queued: 0, delivered: 1 });
  });
  it("calls back a request without an answer after 15 seconds, and sends again", async () => {
    server.answers = ["never"];
    const { tracker, clock } = open();
    tracker.track("navigation", high);
    await clock.advance(14_900);
    expect(tracker.stats()).toMatchObject({ queued: 1, errors: 0 });
    await clock.advance(3000);
    expect(tracker.stats()).toMatchObject({ queued: 0, delivered: 1, errors: 1 });
  });
  it("halves after 413 until the one that is refused stands alone", async () => {
    const { tracker, drops, errors } = open();
    const ids = Array.from({ length: 8 }, (_, n) => tracker.track("navigation", { metadata: { n } }));
    const real = server.fetch;
    server.fetch = (url, init) => {
      if ((init.body as string).includes(ids[5]!)) server.answers = [{ status: 413 }];
      return real(url, init);
    };
    globalThis.fetch = server.fetch as typeof fetch;
    await tracker.flush();
    expect(tracker.stats()).toMatchObject({ queued: 0, delivered: 7, rejected: 1, dropped: { rejected: 1 } });
    expect(drops).toEqual([[1, "rejected"]]);
    expect(errors).toMatchObject([{ code: "rejected", eventId: ids[5] }]);
    expect(server.calls.slice(0, 2).map(({ items }) => items.length)).toEqual([8, 4]);
  });
  it("does not send again what the receipt refuses", async () => {
    server.answers = [receipt(1, [{ index: 1, code: "too_deep", message: "21 levels" }])];
    const storage = new MemoryStorage();
    const { tracker, clock, drops, errors } = open({ storage });
    tracker.track("navigation");
    const refused = tracker.track("navigation");
    await tracker.flush();
    await clock.advance(600_000);
    expect(server.calls).toHaveLength(1);
    expect(drops).toEqual([[1, "rejected"]]);
    expect(errors).toEqual([{ code: "rejected", message: "too_deep: 21 levels", eventId: refused }]);
    expect(waiting(storage)).toEqual([]);
  });
  it("keeps an event through a receipt with a broken list of refusals, and flush does not reject", async () => {
    server.answers = [{ status: 200, body: { accepted: 0, duplicates: 0, rejected: [null] } }];
    const { tracker } = open();
    tracker.track("navigation");
    await tracker.flush();
    expect(tracker.stats()).toMatchObject({ queued: 1, dropped: {} });
  });
});

describe("when the page goes away", () => {
  const size = (body: string) => new TextEncoder().encode(body).length;
  const go = async () => {
    window.dispatchEvent(new Event("pagehide"));
    await rest();
  };

  it("has no more than 60 KB on their way at once; the rest follows receipts", async () => {
    server.answers = ["never"];
    const { tracker } = open({ flushAt: 1000 });
    for (let n = 0; n < 30; n++) tracker.track("navigation", { metadata: { text: "é".repeat(2000) } }); // over 120 KB
    window.dispatchEvent(new Event("pagehide"));
    expect(server.calls).toHaveLength(1);
    const [first] = server.calls;
    expect(size(first!.body)).toBeLessThanOrEqual(60 * 1024 + 200);
    expect(size(first!.body)).toBeGreaterThan(50 * 1024);
    expect(first).toMatchObject({ keepalive: true });
    tracker.setConsent("denied");
  });
  it("sends all, each event once, in requests of 60 KB at most", async () => {
    const { tracker } = open({ flushAt: 1000 });
    const ids = Array.from({ length: 30 }, () => tracker.track("navigation", { metadata: { text: "é".repeat(2000) } }));
    await go();
    expect(server.events.map(({ event_id }) => event_id)).toEqual(ids);
    expect(server.calls.length).toBeGreaterThanOrEqual(3);
    for (const { body } of server.calls) expect(size(body)).toBeLessThanOrEqual(60 * 1024 + 200);
    expect(tracker.stats()).toMatchObject({ queued: 0, delivered: 30 });
  });
  it("leaves in storage what had no receipt, and the next page sends it under the same id", async () => {
    server.answers = ["down"];
    const storage = new MemoryStorage();
    const { tracker, clock } = open({ storage });
    const id = tracker.track("navigation");
    await go();
    tracker.end();
    expect(waiting(storage)).toEqual([id]);
    server.calls = [];
    clock.at += 100_000; // past the lease of the page that is gone
    server.answers = [];
    const next = open({ storage }, clock);
    await soon();
    expect(server.events.map(({ event_id }) => event_id)).toContain(id);
    expect(next.tracker.stats().queued).toBe(0);
  });
  it("leaves no timer running once it has ended, whatever could not be sent", async () => {
    server.always = "down";
    const { tracker, clock } = open();
    tracker.track("navigation", high);
    await soon();
    tracker.end();
    await clock.advance(120_000);
    const timers = vi.spyOn(clock, "setTimeout");
    await clock.advance(120_000);
    expect(timers).not.toHaveBeenCalled();
    expect(tracker.stats().queued).toBe(1);
  });
  it("tries again where the last requests failed and the page stayed", async () => {
    server.answers = ["down"];
    const { tracker, clock } = open();
    tracker.track("navigation", high);
    window.dispatchEvent(new Event("pagehide"));
    await clock.advance(3000);
    expect(tracker.stats()).toMatchObject({ queued: 0, delivered: 1 });
  });
});
