import { describe, expect, it } from "vitest";
import { newSessionState, saveSession, sessionAt } from "../src/session.js";
import { openStore } from "../src/store.js";
import { FakeClock, MemoryStorage, START, open, server, soon, useFakes, type Bench } from "./fakes.js";

useFakes();

const IDLE = 30 * 60_000;
const LONGEST = 24 * 60 * 60_000;
const sessionOf = (id: string) => server.events.find(({ event_id }) => event_id === id)!.session_id;

/** The sessions of events at these times (milliseconds since the first), numbered from 0. */
async function sessionsAt({ tracker, clock }: Bench, times: number[]): Promise<number[]> {
  const ids = times.map((at) => {
    clock.at = START + at;
    return tracker.track("navigation");
  });
  await tracker.flush();
  const sessions = ids.map(sessionOf);
  const known = [...new Set(sessions)];
  return sessions.map((session) => known.indexOf(session));
}

describe.each([
  ["with", () => new MemoryStorage()],
  ["without", () => null],
])("a session, %s storage,", (_, make) => {
  const bench = () => open({ storage: make(), flushAt: 1000 });

  it("goes on for 30 idle minutes, to the millisecond", async () => {
    expect(await sessionsAt(bench(), [0, IDLE, 2 * IDLE, 3 * IDLE + 1, 4 * IDLE + 1])).toEqual([0, 0, 0, 1, 1]);
  });
  it("ends after 24 hours, however busy", async () => {
    const busy = Array.from({ length: 48 }, (_, n) => n * IDLE);
    const sessions = await sessionsAt(bench(), [...busy, LONGEST - 1, LONGEST, LONGEST + 1]);
    expect(sessions.slice(0, -2)).toEqual(Array(49).fill(0));
    expect(sessions.slice(-2)).toEqual([1, 1]);
  });
  it("is neither ended nor shortened by a clock set back", async () => {
    expect(await sessionsAt(bench(), [0, 60_000, -5_000, 60_000 + IDLE])).toEqual([0, 0, 0, 0]);
  });
  it("counts its duration from its start, never below zero", async () => {
    await sessionsAt(bench(), [0, 1000, -5_000, IDLE, 2 * IDLE + 1]);
    expect(server.events.map(({ session_duration }) => session_duration)).toEqual([0, 1000, 0, IDLE, 0]);
  });
  it("ends with reset", async () => {
    const { tracker } = bench();
    const a = tracker.track("navigation");
    tracker.reset();
    const b = tracker.track("navigation");
    await tracker.flush();
    expect(sessionOf(b)).not.toBe(sessionOf(a));
    expect(new Set(server.events.map(({ anonymous_id }) => anonymous_id)).size).toBe(2);
  });
});

it("begins anew where storage holds garbage", async () => {
  for (const garbage of ["", "garbage", "a.b.c", "a..", "..."]) {
    const storage = new MemoryStorage();
    const name = "milepost:wk_test@https://events.example:session";
    storage.setItem(name, garbage);
    const { tracker } = open({ storage });
    const id = tracker.track("navigation");
    await tracker.flush();
    expect(sessionOf(id)).toMatch(/^[\da-f-]{36}$/);
    expect(storage.getItem(name)!.split(".").slice(1)).toEqual([`${START}`, `${START}`]);
  }
});

it("is shared by the tabs of a browser through storage", async () => {
  const clock = new FakeClock();
  const storage = new MemoryStorage();
  const one = open({ storage }, clock).tracker;
  const other = open({ storage }, clock).tracker;
  const at = async (minutes: number, tab: typeof one) => {
    clock.at = Math.max(clock.at, START + minutes * 60_000);
    const id = tab.track("navigation");
    await soon();
    return id;
  };
  const a = await at(0, one);
  const b = await at(20, other);
  const c = await at(40, one); // 40 minutes after its own last event, 20 after the other tab's
  const d = await at(71, other); // 31 after the last of any tab
  const e = await at(72, one);
  await one.flush();
  await other.flush();
  expect(sessionOf(b)).toBe(sessionOf(a));
  expect(sessionOf(c)).toBe(sessionOf(a));
  expect(sessionOf(d)).not.toBe(sessionOf(a));
  expect(sessionOf(e)).toBe(sessionOf(d));
});

it("is not set back by a tab that only sends", async () => {
  const clock = new FakeClock();
  const storage = new MemoryStorage();
  const one = open({ storage }, clock).tracker;
  const other = open({ storage }, clock).tracker;
  const a = one.track("navigation");
  await soon();
  clock.at = START + 20 * 60_000;
  other.track("navigation");
  await soon();
  await one.flush();
  clock.at = START + 40 * 60_000;
  const c = one.track("navigation");
  await one.flush();
  expect(sessionOf(c)).toBe(sessionOf(a));
});

it("is what a plain model says, for tabs that take turns at random", () => {
  for (let seed = 1; seed <= 50; seed++) {
    const draw = (): number => (seed = (seed * 16807) % 2147483647) / 2147483647;
    const store = openStore({ storage: new MemoryStorage() }, "p:", { status: "granted", respectSignals: true });
    const tabs = [newSessionState(), newSessionState(), newSessionState()];
    let at = START;
    let last = -Infinity;
    let started = -Infinity;
    let id: string | undefined;
    for (let n = 0; n < 300; n++) {
      at += Math.floor(draw() * (draw() < 0.1 ? 2 * IDLE : IDLE / 3));
      const goesOn = at - last <= IDLE && at - started < LONGEST;
      if (!goesOn) started = at;
      last = at;
      const tab = tabs[Math.floor(draw() * 3)]!;
      const session = sessionAt(tab, store, at);
      if (goesOn) expect(session.id).toBe(id);
      else expect(session.id).not.toBe(id);
      expect(session).toMatchObject({ startedAt: started, lastAt: at });
      id = session.id;
      saveSession(tab, store);
    }
  }
});
