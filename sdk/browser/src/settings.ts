import type { Clock, TrackerOptions } from "./types.js";

/** The options with their defaults filled in, and what follows from them. Nothing here ever changes. */
export interface Settings {
  readonly writeKey: string;
  readonly clock: Clock;
  /** Milliseconds since some moment, for durations: the wall clock may be set while a page is open. */
  readonly elapsed: () => number;
  readonly flushInterval: number;
  readonly flushAt: number;
  readonly maxQueue: number;
  /** Where events are posted. */
  readonly eventsUrl: string;
  /** What is beside it, up to the slash: `batch` takes identity calls, `me/` is for reading. */
  readonly baseUrl: string;
  /** What all our names in storage begin with. */
  readonly prefix: string;
}

const systemClock: Clock = {
  now: () => Date.now(),
  setTimeout: (run, ms) => setTimeout(run, ms),
};

export function readSettings(options: TrackerOptions, host: string): Settings {
  const { writeKey, clock = systemClock, flushInterval = 30_000, flushAt = 100, maxQueue = 1000 } = options;
  const eventsUrl = host + (options.path || "/v1/events");
  return {
    writeKey,
    clock,
    elapsed: options.clock ? clock.now : () => performance.now(),
    // A script tag gives numbers as text.
    flushInterval: +flushInterval,
    flushAt: +flushAt,
    maxQueue: +maxQueue,
    eventsUrl,
    baseUrl: eventsUrl.slice(0, eventsUrl.lastIndexOf("/") + 1),
    prefix: `milepost:${writeKey}@${host}:`,
  };
}
