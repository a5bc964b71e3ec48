import { afterEach, beforeEach, vi } from "vitest";
import { makeTracker, type SharedTracker } from "../src/tracker.js";
import type { Clock, DropReason, KeyValueStorage, TrackerError, TrackerOptions } from "../src/types.js";

export const START = Date.UTC(2030, 0, 1);

/** Time that moves when told to. */
export class FakeClock implements Clock {
  at = START;
  private timers: { at: number; run: () => void }[] = [];
  now = (): number => this.at;
  setTimeout = (run: () => void, ms: number): void => void this.timers.push({ at: this.at + ms, run });
  /** Runs what falls due on the way, in order, and lets each finish. */
  async advance(ms: number): Promise<void> {
    const end = this.at + ms;
    await rest();
    for (;;) {
      const next = this.timers.filter((timer) => timer.at <= end).sort((a, b) => a.at - b.at)[0];
      if (!next) break;
      this.timers.splice(this.timers.indexOf(next), 1);
      this.at = Math.max(this.at, next.at);
      next.run();
      await rest();
    }
    this.at = end;
  }
}

/** Long enough for a burst of events to reach storage and, where it is urgent, the network. */
export async function soon(): Promise<void> {
  for (const clock of new Set(clocks)) await clock.advance(100);
  await rest();
}

/** Until all promises that can settle without time passing have settled. */
export const rest = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 0));

/** A `Storage` whose entries can be looked at, and that can be full. */
export class MemoryStorage implements KeyValueStorage {
  readonly entries = new Map<string, string>();
  writes = 0;
  full = false;
  /** Characters it has room for. */
  room = Infinity;
  get length(): number {
    return this.entries.size;
  }
  key = (at: number): string | null => [...this.entries.keys()][at] ?? null;
  getItem = (name: string): string | null => this.entries.get(name) ?? null;
  removeItem = (name: string): void => void this.entries.delete(name);
  setItem(name: string, value: string): void {
    this.writes++;
    const used = [...this.entries].reduce((sum, [key, text]) => sum + (key === name ? 0 : text.length), value.length);
    if (this.full || used > this.room) throw new DOMException("full", "QuotaExceededError");
    this.entries.set(name, value);
  }
}

/** The ids of what waits in storage for a receipt. */
export const waiting = (storage: MemoryStorage): string[] =>
  [...storage.entries].flatMap(([name, text]) => (name.includes(":q:") ? text.split("\n").map((line) => line.slice(2, 38)) : []));

export interface Wire {
  event_id: string;
  event_type: string;
  session_id: string;
  page_url: string;
  event_metadata: Record<string, unknown>;
  [name: string]: unknown;
}
export interface Call {
  url: string;
  body: string;
  keepalive: boolean;
  signal: AbortSignal;
  items: Wire[];
}
type Answer = { status: number; body?: unknown; headers?: Record<string, string> } | "down" | "never";

/** Stands where the network is. Stores everything unless `answers` says otherwise, one answer a request. */
export class FakeServer {
  calls: Call[] = [];
  answers: Answer[] = [];
  /** The answer when `answers` has run out. */
  always: Answer | undefined;
  get events(): Wire[] {
    return this.calls.flatMap((call) => call.items);
  }
  fetch = async (url: string, init: RequestInit): Promise<Response> => {
    const body = init.body as string;
    const parsed = JSON.parse(body) as { events?: Wire[]; batch?: Wire[] };
    const items = parsed.events ?? parsed.batch ?? [];
    this.calls.push({ url, body, items, keepalive: !!init.keepalive, signal: init.signal! });
    const answer = this.answers.shift() ?? this.always ?? receipt(items.length);
    if (answer === "down") throw new TypeError("Failed to fetch");
    if (answer === "never")
      return new Promise((_, refuse) => init.signal!.addEventListener("abort", () => refuse(new Error("aborted"))));
    const text = typeof answer.body === "string" ? answer.body : JSON.stringify(answer.body ?? {});
    return new Response(text, { status: answer.status, headers: answer.headers ?? {} });
  };
}
export const receipt = (accepted: number, rejected: unknown[] = []): Answer => ({
  status: 200,
  body: { accepted, duplicates: 0, rejected },
});

export interface Bench {
  tracker: SharedTracker;
  clock: FakeClock;
  storage: KeyValueStorage | null;
  errors: TrackerError[];
  drops: [number, DropReason][];
}

const opened: SharedTracker[] = [];
const clocks: FakeClock[] = [];
export let server: FakeServer;

/** Replaces fetch in each test of a file, and ends the test's trackers after it. */
export function useFakes(): void {
  beforeEach(() => {
    server = new FakeServer();
    vi.stubGlobal("fetch", server.fetch);
    vi.spyOn(Math, "random").mockReturnValue(0.5);
  });
  afterEach(async () => {
    for (const tracker of opened.splice(0)) tracker.end();
    clocks.length = 0;
    await rest();
    vi.unstubAllGlobals();
    vi.restoreAllMocks();
  });
}

/** A tracker of its own, as another tab has one: `createTracker` would answer the same for the same key. */
export function open(options: Partial<TrackerOptions> = {}, clock = new FakeClock()): Bench {
  const storage = options.storage === undefined ? new MemoryStorage() : options.storage;
  const errors: TrackerError[] = [];
  const drops: [number, DropReason][] = [];
  const tracker = makeTracker(
    {
      writeKey: "wk_test",
      pageViews: false,
      clock,
      onError: (error) => errors.push(error),
      onDrop: (...drop) => drops.push(drop),
      ...options,
      storage,
    },
    "https://events.example",
  );
  opened.push(tracker);
  clocks.push(clock);
  return { tracker, clock, storage, errors, drops };
}
