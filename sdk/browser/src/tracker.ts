import { createApi } from "./api.js";
import { createCapture } from "./capture.js";
import { createDiagnostics } from "./diagnostics.js";
import { here } from "./env.js";
import { createLifecycle } from "./lifecycle.js";
import { createOutbox } from "./outbox.js";
import { readSettings } from "./settings.js";
import { newState } from "./state.js";
import type { Tracker, TrackerOptions } from "./types.js";
import { createVisits } from "./visits.js";

/** What copies of this package share, of whatever version: its names must stay. */
export interface SharedTracker extends Omit<Tracker, "close"> {
  /** How many copies use it; the last to close ends it. */
  users: number;
  end(): void;
}

/** One tracker for a write key and host, put together of its parts; `createTracker` hands it out. */
export function makeTracker(options: TrackerOptions, host: string): SharedTracker {
  const settings = readSettings(options, host);
  const { clock, elapsed } = settings;
  const diagnostics = createDiagnostics(options);
  const { guard } = diagnostics;
  const state = newState(options, settings);
  // What acts on it, each part upon those before.
  const outbox = createOutbox(settings, diagnostics, state);
  const capture = createCapture(clock, diagnostics, state, outbox.enqueueEntry);
  const visits = createVisits(elapsed, state, capture, outbox);
  const lifecycle = createLifecycle(options, diagnostics, state, capture, outbox, visits);
  const api = createApi(settings, diagnostics, state, capture, outbox, visits, lifecycle.setConsent);
  if (here) guard(lifecycle.start)();
  return { users: 0, end: guard(lifecycle.end), ...api };
}
