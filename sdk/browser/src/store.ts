import type { Entry } from "./queue.js";
import type { Clock, KeyValueStorage } from "./types.js";

/** How long a lease holds without its owner renewing it. With Web Locks it only bridges the moments in
 *  which the lock is not held, and the requests of a page that goes away; without, background tabs may be
 *  held up for a minute. */
const LEASE = 5_000;
const LEASE_ALONE = 90_000;

/**
 * What survives the page: one key per entry, `q:<owner>:<entry id>`, so that tabs never write the same key.
 * Each page is the owner of its own entries and sends no others; those of a page that is gone are taken
 * over under its lock. A lease in storage stands in for the lock where there are none (plain http) and
 * while it cannot be held.
 */
export function createStore(allowed: () => boolean, area: KeyValueStorage | null, prefix: string, me: string, clock: Clock, locks?: LockManager) {
  const term = locks ? LEASE : LEASE_ALONE;
  let leasedUntil = 0;
  let held: boolean | undefined;
  let letGo: (() => void) | undefined;

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
  const lease = (owner: string, ms: number) => record("l:" + owner, `${clock.now() + ms}:${me}`);

  return {
    recall,
    record,
    erase,
    lease,

    /** Keeps an entry under an owner: this page, or one of its own making. */
    save(entry: Entry, owner = me): boolean {
      const name = `q:${owner}:${entry.id}`;
      return !!record(name, `${entry.kind}${entry.rank}${entry.wire}`) && !!(entry.place = name);
    },

    forget(entry: Entry): void {
      if (entry.place) erase(entry.place);
      entry.place = undefined;
    },

    /** Says that this page lives and sends its entries itself. */
    hold(): void {
      const now = clock.now();
      if (leasedUntil < now + term / 2) {
        leasedUntil = now + term;
        lease(me, term);
      }
      if (held || !locks) return;
      held = true;
      locks
        .request(prefix + me, () => held && new Promise<void>((resolve) => (letGo = resolve)))
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

    /** Hands the entries of pages that are gone to `take`, which keeps or drops them. Answers whether other
     *  pages have any left. */
    async takeOver(take: (entry: Entry) => void): Promise<unknown> {
      let others: string | undefined;
      for (const owner of new Set(names("q:").map((name) => name.split(":")[1]!))) {
        if (owner === me) continue;
        const theirs = `q:${owner}:`;
        const grab = () => {
          for (const name of names(theirs)) {
            const [, kind, rank, wire] = /(.)(.)(.*)/.exec(recall(name) || "") || [];
            if (wire) take({ id: name.slice(theirs.length), kind: +kind! as 0 | 1, rank: +rank!, wire, size: bytes(wire), place: name });
          }
          erase("l:" + owner);
        };
        const left = parseInt(recall("l:" + owner)!) - clock.now();
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

const encoder = new TextEncoder();

/** The length of a text in UTF-8. */
export const bytes = (text: string): number => encoder.encode(text).length;
