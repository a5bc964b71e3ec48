import type { Entry } from "./queue.js";
import { readItem, removeItem, writeItem, type Store } from "./store.js";
import type { Clock } from "./types.js";

/** How long a lease holds without its owner renewing it. With locks it only bridges the moments in which the
 *  lock is not held, and the requests of a page that goes away; without, background tabs may be held up for a
 *  minute. */
const TERM = 5_000;
const TERM_ALONE = 90_000;
/** A lease further ahead was written before the clock was set back. */
const LONGEST_TERM = 3_600_000;

export type Leases = ReturnType<typeof createLeases>;

/**
 * Which pages live and send their entries themselves: this one, `me`, and others. A page holds a Web Lock while it
 * has any, and a lease in storage: that stands in for the lock where there are none (plain http) and while it
 * cannot be held.
 */
export function createLeases(me: string, store: Store, queue: Entry[], clock: Clock, locks: LockManager | undefined) {
  const term = locks ? TERM : TERM_ALONE;
  let until = 0; // when this page's lease runs out
  let locked = false; // the lock is held or asked for
  let leaving = false; // the page goes away, and must not ask for its lock
  let unlock: (() => void) | undefined;

  /** Keeps other pages off an owner's entries for so many milliseconds. */
  const grantLease = (owner: string, ms: number): unknown => writeItem(store, "l:" + owner, "" + (clock.now() + ms));
  const endLease = (owner: string): void => removeItem(store, "l:" + owner);
  const letGo = (): void => {
    locked = false;
    unlock?.();
  };

  return {
    grantLease,
    endLease,

    /** Says that this page lives and sends its entries itself, if it has any. To be called often. */
    holdOwn(): void {
      if (!queue[0]) return;
      const now = clock.now();
      // Half way, so that not each call costs a write.
      if (until < now + term / 2) {
        until = now + term;
        grantLease(me, term);
      }
      if (locked || leaving) return;
      locked = true;
      locks
        ?.request(store.prefix + me, () => locked && new Promise<void>((resolve) => (unlock = resolve)))
        .catch(() => {
          // Locks may be forbidden, as in a sandboxed frame: the lease remains.
        });
    },

    /** Nothing waits any more; or the page is back, and may ask for its lock again. */
    releaseOwn(): void {
      endLease(me);
      until = 0;
      leaving = false;
      letGo();
    },

    /** The page goes: one that holds a lock, or is told of one, is thrown out of the back/forward cache. The lease
     *  remains, for the requests that are on their way. */
    leaveOwn(): void {
      leaving = true;
      letGo();
    },

    /** Runs `take` if an owner's page is gone, with no other page doing the same. */
    async ifGone(owner: string, take: () => void): Promise<void> {
      const left = +readItem(store, "l:" + owner)! - clock.now();
      if (left > 0 && left < LONGEST_TERM) return;
      if (locks) {
        // No lock: the page lives after all. Refused altogether: the next page may have better luck.
        await locks.request(store.prefix + owner, { ifAvailable: true }, (lock) => lock && take()).catch(() => {});
      } else {
        grantLease(owner, TERM);
        take();
      }
    },
  };
}
