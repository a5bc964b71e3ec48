import { createTracker, type Tracker, type TrackerOptions } from "@milepost/browser";
import { inert } from "./inert.js";
import { shared } from "./shared.js";
import { visits } from "./visits.js";

interface Owned {
  tracker: Tracker;
  users: number;
}

/** React may run the cleanups of a tree's effects after its provider's; they may still track. */
const CLOSE_AFTER_MS = 100;

/** One tracker per server, path and key, whatever the number of providers and copies of this package. */
const trackers = (): Map<string, Owned> => shared("trackers", () => new Map<string, Owned>());

export const ownerKey = ({ writeKey, host, path }: TrackerOptions): string => JSON.stringify([writeKey, host, path]);

/** The tracker of `options`, made when it is not there yet. Returns it and how to let go of it, once. */
export function own(options: TrackerOptions): [Tracker, () => void] {
  const key = ownerKey(options);
  const all = trackers();
  let owned = all.get(key);
  if (owned === undefined) {
    owned = { tracker: createTracker(options), users: 0 };
    all.set(key, owned);
  }
  const held = owned;
  held.users += 1;
  let released = false;
  const release = (): void => {
    if (released) return;
    released = true;
    held.users -= 1;
    setTimeout(() => {
      if (held.users > 0 || all.get(key) !== held) return;
      all.delete(key);
      visits().settle();
      held.tracker.close();
    }, CLOSE_AFTER_MS);
  };
  return [held.tracker, release];
}

/** A tracker whose calls go to `current()`: it can be handed out before there is one. */
export function lazy(current: () => Tracker): Tracker {
  const made: Record<string, unknown> = {};
  for (const name of Object.keys(inert) as (keyof Tracker)[]) {
    made[name] = (...args: never[]) => (current()[name] as (...args: never[]) => unknown)(...args);
  }
  return made as unknown as Tracker;
}
