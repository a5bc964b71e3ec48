import { describe, expect, it } from "vitest";
import { IDLE_MS, LONGEST_MS, touch } from "../src/session.js";
import { FakeClock, MemoryStorage, START, open, server, useFakes } from "./fakes.js";

useFakes();

describe("touch", () => {
  let made = 0;
  const next = (before: string | null | undefined, now: number) => touch(before, now, () => `s${++made}`);
  const idOf = (session: string) => session.split(".")[0];
  const first = next(undefined, START);

  it("goes on for 30 minutes, to the millisecond", () => {
    expect(idOf(next(first, START + IDLE_MS))).toBe(idOf(first));
    expect(idOf(next(first, START + IDLE_MS + 1))).not.toBe(idOf(first));
    expect(IDLE_MS).toBe(1_800_000);
  });
  it("ends after 24 hours, however busy", () => {
    let session = first;
    for (let at = START; at < START + LONGEST_MS; at += IDLE_MS) session = next(session, at);
    expect(idOf(next(session, START + LONGEST_MS - 1))).toBe(idOf(first));
    expect(idOf(next(session, START + LONGEST_MS))).not.toBe(idOf(first));
    expect(LONGEST_MS).toBe(86_400_000);
  });
  it("is not ended, nor shortened, by a clock set back", () => {
    const back = next(next(first, START + 60_000), START - 5_000);
    expect(idOf(back)).toBe(idOf(first));
    expect(idOf(next(back, START + 60_000 + IDLE_MS))).toBe(idOf(first));
  });
  it.each([null, "", "garbage", "a.b.c", "a..", "..."])("begins anew from %j", (before) => {
    expect(next(before, START)).toBe(`s${made}.${START}.${START}`);
  });
});

describe("a tracker's session", () => {
  const sessionOf = (id: string) => server.events.find(({ event_id }) => event_id === id)!.session_id;

  it("is shared by the tabs of a browser through storage", async () => {
    const clock = new FakeClock();
    const storage = new MemoryStorage();
    const one = open({ storage }, clock).tracker;
    const other = open({ storage }, clock).tracker;
    const a = one.track("navigation");
    clock.at += 20 * 60_000;
    const b = other.track("navigation");
    clock.at += 20 * 60_000; // 40 minutes after its own last event, 20 after the other tab's
    const c = one.track("navigation");
    clock.at += IDLE_MS + 1;
    const d = other.track("navigation");
    const e = one.track("navigation");
    await one.flush();
    await other.flush();
    expect(sessionOf(b)).toBe(sessionOf(a));
    expect(sessionOf(c)).toBe(sessionOf(a));
    expect(sessionOf(d)).not.toBe(sessionOf(a));
    expect(sessionOf(e)).toBe(sessionOf(d));
  });
  it("holds without storage", async () => {
    const { tracker, clock } = open({ storage: null });
    const a = tracker.track("navigation");
    clock.at += IDLE_MS;
    const b = tracker.track("navigation");
    clock.at += IDLE_MS + 1;
    const c = tracker.track("navigation");
    await tracker.flush();
    expect(sessionOf(b)).toBe(sessionOf(a));
    expect(sessionOf(c)).not.toBe(sessionOf(a));
    expect(server.events.map(({ session_duration }) => session_duration)).toEqual([0, IDLE_MS, 0]);
  });
  it("ends with reset", async () => {
    const { tracker } = open();
    const a = tracker.track("navigation");
    tracker.reset();
    const b = tracker.track("navigation");
    await tracker.flush();
    expect(sessionOf(b)).not.toBe(sessionOf(a));
    expect(new Set(server.events.map(({ anonymous_id }) => anonymous_id)).size).toBe(2);
  });
});
