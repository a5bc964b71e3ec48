import { createTracker, type Tracker, type TrackerOptions } from "@milepost/browser";
import { inert } from "./inert.js";
import { visits } from "./visits.js";

/** React may run the cleanups of a tree's effects after its provider's; they may still track. */
const CLOSE_AFTER_MS = 100;

/** The tracker of `options` (the page has one per key and server), and how to let go of it. */
export function own(options: TrackerOptions): [Tracker, () => void] {
  const tracker = createTracker(options);
  const release = (): void => {
    setTimeout(() => {
      visits().endLeft();
      tracker.close();
    }, CLOSE_AFTER_MS);
  };
  return [tracker, release];
}

/** A tracker whose calls go to `current()`: it can be handed out before there is one. */
export function lazy(current: () => Tracker): Tracker {
  const made: Record<string, unknown> = {};
  for (const name of Object.keys(inert) as (keyof Tracker)[]) {
    made[name] = (...args: never[]) => (current()[name] as (...args: never[]) => unknown)(...args);
  }
  return made as unknown as Tracker;
}
