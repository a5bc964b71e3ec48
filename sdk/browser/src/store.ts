import type { Entry } from "./queue.js";
import { IDLE_MS } from "./session.js";
import type { Clock, KeyValueStorage } from "./types.js";

/** How long a lease holds without its owner renewing it. With Web Locks it only bridges the moments in
 *  which the lock is not held, and the requests of a page that goes away; without, background tabs may be
 *  held up for a minute. */
const LEASE = 5_000;
const LEASE_ALONE = 90_000;

/** Most entries that are saved together. */
const TOGETHER = 50;

/**
 * What survives the page: entries that were tracked together under one key, `q:<owner>:<first entry's id>`, a
 * line each, so that tabs never write the same key, and a burst costs one write. Each page is the owner of
 * its own entries and sends no others; those of a page that is gone are taken over under its lock. A lease in
 * storage stands in for the lock where there are none (plain http) and while it cannot be held.
 */
export function createStore(allowed: () => boolean, queue: Entry[], area: KeyValueStorage | null, prefix: string, me: string, clock: Clock, locks?: LockManager) {
  const term = locks ? LEASE : LEASE_ALONE;
  let leasedUntil = 0;
  let held: boolean | undefined;
  let letGo: (() => void) | undefined;
  const changed = new Set<string>();

  /** Storage may be forbidden or full: then `undefined`. */
  const use = <R>(run: (area: KeyValueStorage) => R): R | undefined => {
    try {
      return run(area!);
    } catch {
      return undefined;
    }
  };
  const recall = (name: string) => use((area) => area.getItem(prefix + name));
  const record = (name: string, value: string) => use((area) => allowed() && (area.setItem(prefix + name, value), true));
  const erase = (name: string) => use((area) => area.removeItem(prefix + name));
  const names = (start: string): string[] =>
    (use((area) => Array.from(area as Storage, (_, at) => area.key(at)!)) || [])
      .filter((key) => key.startsWith(prefix + start))
      .map((key) => key.slice(prefix.length))
      .sort();
  const lease = (owner: string, ms: number) => record("l:" + owner, "" + (clock.now() + ms));
  /** Makes these all that is kept in a place. Answers whether they are. */
  const write = (place: string, entries: Entry[]) =>
    entries[0] ? record(place, entries.map(({ kind, rank, id, wire }) => `${kind}${rank}${id}${wire}`).join("\n")) : erase(place);
  /** Brings storage up to what the queue holds. Answers whether all of that is kept. */
  const keep = (): boolean => {
    for (const place of changed) write(place, queue.filter((entry) => entry.place === place));
    changed.clear();
    for (let fresh; (fresh = queue.filter(({ place }) => !place).slice(0, TOGETHER))[0]; ) {
      const place = `q:${me}:${fresh[0].id}`;
      if (!write(place, fresh)) return false;
      fresh.forEach((entry) => (entry.place = place));
    }
    return true;
  };

  return {
    recall,
    record,
    erase,
    keep,

    /** An entry has left the queue; `keep` takes it out of storage. */
    forget(entry: Entry): void {
      if (entry.place) changed.add(entry.place);
    },

    /** Keeps, instead of those before, entries that only another page shall send, when a session has passed. */
    lay(entries: Entry[]): void {
      const owner = me + "d";
      if (write(`q:${owner}:`, entries)) lease(owner, IDLE_MS);
      else erase("l:" + owner);
    },

    /** Says that this page lives and sends its entries itself, if it has any. */
    hold(): void {
      if (!queue[0]) return;
      const now = clock.now();
      if (leasedUntil < now + term / 2) {
        leasedUntil = now + term;
        lease(me, term);
      }
      if (held) return;
      held = true;
      locks
        ?.request(prefix + me, () => held && new Promise<void>((resolve) => (letGo = resolve)))
        .catch(() => {});
    },

    /** Nothing waits any more; or (`leaving`) the page goes: it must not ask for its lock then, for a page
     *  that holds one, or is told of one, is thrown out of the back/forward cache. The lease remains. */
    release(leaving?: boolean): void {
      if (!leaving) {
        erase("l:" + me);
        leasedUntil = 0;
      }
      held = leaving;
      letGo?.();
    },

    /** Takes the entries of pages that are gone into the queue, and says so each time. Answers whether other
     *  pages have any left. */
    async takeOver(taken: () => void): Promise<unknown> {
      let others: string | undefined;
      let at = 0;
      for (const owner of new Set(names("q:").map((name) => name.split(":")[1]!))) {
        if (owner === me) continue;
        const theirs = `q:${owner}:`;
        const grab = () => {
          const places = names(theirs);
          places.forEach((name) =>
            recall(name)?.split("\n").forEach((line) => queue.splice(at++, 0, { id: line.slice(2, 38), kind: +line[0]! as 0 | 1, rank: +line[1]!, wire: line.slice(38) })),
          );
          // Kept twice for a moment; where there is no room for that, unkept for a moment.
          keep();
          places.forEach(erase);
          erase("l:" + owner);
          taken();
        };
        const left = +recall("l:" + owner)! - clock.now();
        // A lease far ahead was written before the clock was set back.
        if (!(left > 0 && left < 36e5)) {
          if (locks) await locks.request(prefix + owner, { ifAvailable: true }, (lock) => lock && grab()).catch(() => {});
          else {
            lease(owner, LEASE);
            grab();
          }
        }
        others ||= names(theirs)[0];
      }
      return others;
    },

    purge: (): void => names("").forEach(erase),
  };
}
