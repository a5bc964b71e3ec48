import type { Entry } from "./queue.js";
import type { Clock, KeyValueStorage } from "./types.js";

/** How long a lease holds without its owner renewing it. With Web Locks it only bridges the moments in
 *  which the lock is not held; without, background tabs may be held up for a minute. */
const LEASE_WITH_LOCKS = 5_000;
const LEASE_ALONE = 90_000;
/** A page that goes away may have a request on its way: nobody sends its events again before that. */
const LEASE_ON_LEAVING = 5_000;

/**
 * What survives the page: one key per entry, `q:<owner>:<entry id>`, so that tabs never write the same key.
 * Each page is the owner of its own entries and sends no others; those of a page that is gone are taken
 * over under its lock. A lease in storage stands in for the lock where there are none (plain http) and
 * while it cannot be held.
 */
export function createStore(area: KeyValueStorage | null, prefix: string, me: string, clock: Clock, locks?: LockManager) {
  const term = locks ? LEASE_WITH_LOCKS : LEASE_ALONE;
  let leasedUntil = 0;
  let held = false;
  let letGo: (() => void) | undefined;

  const get = (name: string): string | null => {
    try {
      return area && area.getItem(prefix + name);
    } catch {
      return null;
    }
  };
  /** False where it cannot be kept: storage is full or forbidden. */
  const set = (name: string, value: string): boolean => {
    try {
      area!.setItem(prefix + name, value);
      return true;
    } catch {
      return false;
    }
  };
  const remove = (name: string): void => {
    try {
      area!.removeItem(prefix + name);
    } catch {
      // Forbidden storage holds nothing either.
    }
  };
  const keys = (start: string): string[] => {
    const found: string[] = [];
    try {
      for (let i = 0; i < area!.length; i++) {
        const key = area!.key(i)!;
        if (key.startsWith(prefix + start)) found.push(key.slice(prefix.length));
      }
    } catch {
      // As above.
    }
    return found.sort();
  };
  const lease = (owner: string, ms: number): void => {
    set("l:" + owner, `${clock.now() + ms}:${me}`);
  };
  /** Milliseconds until an owner's lease ends. One far ahead was written before the clock was set back. */
  const leased = (owner: string): number => {
    const left = parseInt(get("l:" + owner) || "0") - clock.now();
    return left > 0 && left < 3_600_000 ? left : 0;
  };

  return {
    get,
    set,
    remove,

    /** Keeps an entry under an owner (`me`, or one of its own making). */
    save(entry: Entry, owner = me): boolean {
      const key = `q:${owner}:${entry.id}`;
      if (!set(key, `${entry.kind}${entry.rank}${entry.body}`)) return false;
      entry.key = key;
      return true;
    },

    forget(entry: Entry): void {
      if (entry.key) remove(entry.key);
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
        .request(prefix + me, () => (held ? new Promise<void>((resolve) => (letGo = resolve)) : undefined))
        .catch(() => (held = false));
    },

    /** Nothing waits, or (`leaving`) this page can send no more. A lock would bar it from the back/forward cache. */
    release(leaving?: boolean): void {
      if (leaving) lease(me, LEASE_ON_LEAVING);
      else if (leasedUntil) remove("l:" + me);
      leasedUntil = 0;
      held = false;
      letGo?.();
      letGo = undefined;
    },

    lease,

    /** Whether others may have taken entries over since `hold` was last called. */
    lapsed: (): boolean => !held && leasedUntil < clock.now(),

    /** Hands the entries of pages that are gone to `take`, which keeps or drops them. Answers how many
     *  milliseconds later to look again; 0: there is nothing left. */
    async takeOver(take: (entry: Entry) => void): Promise<number> {
      let again = 0;
      for (const owner of new Set(keys("q:").map((key) => key.split(":")[1]!))) {
        if (owner === me) continue;
        const left = leased(owner);
        if (left) {
          again = Math.min(again || left, left);
          continue;
        }
        const grab = () => {
          for (const key of keys(`q:${owner}:`)) {
            const value = get(key);
            if (!value) continue;
            take({ id: key.split(":")[2]!, kind: +value[0]! as 0 | 1, rank: +value[1]!, body: value.slice(2), size: bytes(value), key });
          }
          remove("l:" + owner);
        };
        if (locks) await locks.request(prefix + owner, { ifAvailable: true }, (lock) => lock && grab()).catch(() => {});
        else {
          // Two pages may both see it free. The last to write has it, once both have written.
          lease(owner, LEASE_ON_LEAVING);
          const claim = get("l:" + owner);
          await new Promise<void>((resolve) => clock.setTimeout(resolve, 200));
          if (get("l:" + owner) === claim) grab();
        }
        if (keys(`q:${owner}:`).length) again = again || 60_000;
      }
      return again;
    },

    purge(): void {
      for (const key of keys("")) remove(key);
    },
  };
}

export type Store = ReturnType<typeof createStore>;

const encoder = typeof TextEncoder === "undefined" ? undefined : new TextEncoder();
/** The length of a text in UTF-8. */
export const bytes = (text: string): number => (encoder ? encoder.encode(text).length : text.length * 3);
