import { here } from "./env.js";
import { makeTracker, type SharedTracker } from "./tracker.js";
import type { Tracker, TrackerOptions } from "./types.js";

export { getDeviceInfo } from "./device.js";
export * from "./types.js";

/** Trackers of this page, shared by all copies of this package on it. */
const REGISTRY = Symbol.for("milepost.trackers");

/**
 * The tracker for a write key and host. Called again, by another copy of the package too, it answers the
 * same one, told what context the call names; it ends when all who called have closed theirs. Where there
 * is no window every call does nothing and answers an id. Never throws.
 */
export function createTracker(options: TrackerOptions): Tracker {
  // A server serves many people: no tracker is shared there.
  if (!here) return { ...makeTracker(options, ""), close() {} };
  const host = (options.host || location.origin).replace(/\/$/, "");
  const all = ((globalThis as Record<symbol, unknown>)[REGISTRY] ||= new Map()) as Map<string, SharedTracker>;
  const name = `${options.writeKey}@${host}`;
  let shared = all.get(name);
  if (shared) shared.setContext(options);
  else all.set(name, (shared = makeTracker(options, host)));
  shared.users++;
  let mine = 1;
  const close = (): void => {
    shared.users -= mine;
    mine = 0;
    // Effects may close and open again in one go (StrictMode): nothing ended then.
    queueMicrotask(() => {
      if (shared.users || all.get(name) !== shared) return;
      all.delete(name);
      shared.end();
    });
  };
  return { ...shared, close };
}
