import { describe, expect, it } from "vitest";
import type { ConsentState } from "../src/consent.js";
import { createLeases } from "../src/lease.js";
import { EVENT, IDENTITY_CALL, take, type Entry } from "../src/queue.js";
import { createSpool } from "../src/spool.js";
import { openStore } from "../src/store.js";
import { uuid7 } from "../src/uuid7.js";
import { FakeClock, MemoryStorage, START, waiting } from "./fakes.js";

const consentState: ConsentState = { status: "granted", respectSignals: true };
let made = 0;
const entry = (priority = 0, text = ""): Entry => {
  const id = uuid7(START + made++);
  return { id, kind: made % 3 ? EVENT : IDENTITY_CALL, priority, json: JSON.stringify({ event_id: id, text }) };
};
const ids = (entries: Entry[]): string[] => entries.map(({ id }) => id);

/** A page: its queue and what it has of storage. */
function page(storage = new MemoryStorage(), clock = new FakeClock(), locks?: LockManager) {
  const me = uuid7(clock.at);
  const queue: Entry[] = [];
  const store = openStore({ storage }, "p:", consentState);
  const leases = createLeases(me, store, queue, clock, locks);
  return { me, queue, storage, clock, leases, spool: createSpool(me, store, leases, queue) };
}
const used = ({ entries }: MemoryStorage): number => [...entries.values()].reduce((sum, text) => sum + text.length, 0);
/** Numbers from 0 to `below`, the same in each run. */
function random(seed: number) {
  return (below: number): number => {
    seed = (seed * 1103515245 + 12345) % 2 ** 31;
    return Math.floor((seed / 2 ** 31) * below);
  };
}

it("holds what the queue holds after each save, whatever came and went", () => {
  for (let seed = 1; seed <= 15; seed++) {
    const draw = random(seed);
    const { queue, storage, spool } = page();
    for (let step = 0; step < 40; step++) {
      const going = queue.filter(() => draw(3) === 0);
      take(queue, going);
      going.forEach(spool.unspool);
      for (let n = draw(70); n > 0; n--) queue.push(entry(draw(3)));
      storage.room = draw(4) ? Infinity : used(storage) + draw(3000);
      const saved = spool.saveQueue();
      const kept = waiting(storage).sort();
      if (saved) expect(kept).toEqual(ids(queue).sort());
      else expect(ids(queue)).toEqual(expect.arrayContaining(kept));
    }
    storage.room = Infinity;
    expect(spool.saveQueue()).toBe(true);
    expect(waiting(storage).sort()).toEqual(ids(queue).sort());
    queue.splice(0).forEach(spool.unspool);
    spool.saveQueue();
    expect(storage.length).toBe(0);
  }
});

it("gives a page that comes later the entries as they were, before its own, oldest owner first", async () => {
  const gone = page();
  const texts = ["", "line\nnext", "\u2028\u2029\r", "a:b:q:", "\ud83d\ude00", "0".repeat(500)];
  gone.queue.push(...texts.map((text, n) => entry(n % 3, text)));
  gone.spool.saveQueue();
  const before = gone.queue.map(({ id, kind, priority, json }) => ({ id, kind, priority, json }));

  const heir = page(gone.storage);
  heir.queue.push(entry());
  const own = ids(heir.queue);
  let taken = 0;
  expect(await heir.spool.takeOver(() => taken++)).toBe(false);
  expect(taken).toBe(1);
  expect(heir.queue.slice(0, -1)).toMatchObject(before);
  expect(ids(heir.queue)).toEqual([...before.map(({ id }) => id), ...own]);
  expect([...heir.storage.entries.keys()].every((name) => name.startsWith(`p:q:${heir.me}:`))).toBe(true);
  expect(waiting(heir.storage).sort()).toEqual(ids(heir.queue).sort());
});

describe("the entries of a page", () => {
  it("are left alone while it holds a lease, and taken over when that has run out", async () => {
    const living = page();
    living.queue.push(entry());
    living.leases.holdOwn();
    living.spool.saveQueue();
    const other = page(living.storage, living.clock);
    living.clock.at += 89_000;
    expect(await other.spool.takeOver(() => {})).toBe(true);
    expect(other.queue).toEqual([]);
    living.leases.holdOwn(); // renewed
    living.clock.at += 89_000;
    expect(await other.spool.takeOver(() => {})).toBe(true);
    living.clock.at += 2000;
    expect(await other.spool.takeOver(() => {})).toBe(false);
    expect(ids(other.queue)).toEqual(ids(living.queue));
  });
  it("are taken over where its lease is from before the clock was set back", async () => {
    const gone = page();
    gone.queue.push(entry());
    gone.leases.holdOwn();
    gone.spool.saveQueue();
    const heir = page(gone.storage, Object.assign(new FakeClock(), { at: START - 86_400_000 }));
    await heir.spool.takeOver(() => {});
    expect(ids(heir.queue)).toEqual(ids(gone.queue));
  });
});

it("keeps drafts for another page until a session has passed, the last ones alone", async () => {
  const hidden = page();
  hidden.spool.saveDrafts([entry(), entry()]);
  const last = entry();
  hidden.spool.saveDrafts([last]);
  const other = page(hidden.storage, hidden.clock);
  hidden.clock.at += 30 * 60_000 - 1;
  await other.spool.takeOver(() => {});
  expect(other.queue).toEqual([]);
  hidden.clock.at += 1;
  await other.spool.takeOver(() => {});
  expect(ids(other.queue)).toEqual([last.id]);
  const shown = page();
  shown.spool.saveDrafts([entry()]);
  shown.spool.saveDrafts([]);
  expect(shown.storage.length).toBe(0);
});

describe("a lease", () => {
  it("is written once in half its term, and only where there is something to keep", () => {
    const { leases, storage, queue, clock } = page();
    leases.holdOwn();
    expect(storage.writes).toBe(0);
    queue.push(entry());
    for (let second = 0; second < 45; second++, clock.at += 1000) leases.holdOwn();
    expect(storage.writes).toBe(1);
    clock.at += 1000;
    leases.holdOwn();
    expect(storage.writes).toBe(2);
  });
  it("goes when nothing waits, and stays when the page leaves", () => {
    const { leases, storage, queue } = page();
    queue.push(entry());
    leases.holdOwn();
    leases.leaveOwn();
    expect(storage.length).toBe(1);
    leases.releaseOwn();
    expect(storage.length).toBe(0);
  });
  it("holds the lock while something waits, and none that is granted after the page left", async () => {
    // The browser's own, which are in Chromium's tests, grant when they like; these when told.
    const granted: (() => unknown)[] = [];
    const locks = {
      request: (_: string, run: () => unknown) => Promise.resolve(void granted.push(run)),
    } as unknown as LockManager;
    const { leases, queue } = page(undefined, undefined, locks);
    queue.push(entry());
    leases.holdOwn();
    const held = granted[0]!() as Promise<void>;
    leases.holdOwn();
    expect(granted).toHaveLength(1);
    leases.releaseOwn();
    await held;
    leases.holdOwn();
    leases.leaveOwn();
    expect(granted[1]!()).toBe(false);
    leases.holdOwn();
    expect(granted).toHaveLength(2);
    leases.releaseOwn();
    leases.holdOwn();
    expect(granted).toHaveLength(3);
  });
});
