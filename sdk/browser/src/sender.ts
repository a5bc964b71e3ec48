import { backoff, judge, type Receipt, type Verdict } from "./policy.js";
import { nextBatch, type Entry } from "./queue.js";
import type { Clock, ErrorCode } from "./types.js";

/** Most bytes of requests on their way: browsers let no more outlive the page. */
const ROOM = 60 * 1024;
const MOST = 500;
const TIMEOUT = 15_000;

export interface SenderOptions {
  /** Up to and with `/v1/`, or what a proxy has for it. */
  base: string;
  /** The last part of the events' path: `events`. */
  path: string;
  writeKey: string;
  clock: Clock;
  queue: Entry[];
  /** Called before each look at the queue; false: nothing may be sent. */
  ready(): boolean;
  /** These have left the queue's care: each was stored, or refused for good. */
  settled(batch: Entry[], receipt: Receipt): void;
  failed(code: ErrorCode, message: string): void;
}

/** Sends what the queue holds, one request after the other; see DESIGN 7.5 and 7.6. */
export function createSender({ base, path, writeKey, clock, queue, ready, settled, failed }: SenderOptions) {
  const aborts = new Set<AbortController>();
  let running: Promise<void> | undefined;
  let timer: unknown;
  let due = Infinity;
  let notBefore = 0; // the backoff
  let floor = 0; // what not even a flush may shorten
  let failures = 0;
  let most = MOST;
  let onTheirWay = 0; // bytes

  /** Sends what waits within so many milliseconds, backoff permitting. */
  const schedule = (ms: number): void => {
    const at = Math.max(clock.now() + ms, notBefore);
    if (at >= due) return;
    cancel();
    due = at;
    timer = clock.setTimeout(() => {
      due = Infinity;
      void run();
    }, at - clock.now());
  };
  const cancel = (): void => {
    clock.clearTimeout(timer as never);
    due = Infinity;
  };

  /** One request. False where the server took nothing and asked for patience. */
  const post = async (batch: Entry[]): Promise<boolean> => {
    const { kind } = batch[0]!;
    const entries = batch.map((entry) => entry.body).join();
    const sentAt = new Date(clock.now()).toISOString();
    const key = JSON.stringify(writeKey);
    const body = kind
      ? `{"batch":[${entries}],"sentAt":"${sentAt}","writeKey":${key}}`
      : `{"events":[${entries}],"sent_at":"${sentAt}","write_key":${key}}`;
    const size = batch.reduce((sum, entry) => sum + entry.size + 1, 0);
    for (const entry of batch) entry.busy = true;
    onTheirWay += size;
    const abort = new AbortController();
    aborts.add(abort);
    const late = clock.setTimeout(() => abort.abort(), TIMEOUT);
    let verdict: Verdict = { move: "retry", code: "network", floor: 0 };
    let says = "";
    try {
      // A text needs no preflight. Where other scripts have used up the room for `keepalive`, a retry does without.
      const answer = await fetch(base + (kind ? "batch" : path), {
        method: "POST",
        body,
        keepalive: !failures || document.visibilityState === "hidden",
        credentials: "omit",
        signal: abort.signal,
      });
      const text = await answer.text();
      says = `status ${answer.status}: ${text.slice(0, 200)}`;
      verdict = judge(answer.status, text, answer.headers.get("Retry-After"), kind, batch.length, clock.now());
    } catch (error) {
      says = String(error);
    }
    clock.clearTimeout(late as never);
    aborts.delete(abort);
    onTheirWay -= size;
    for (const entry of batch) entry.busy = false;
    if (verdict.move === "done") {
      failures = notBefore = floor = 0;
      most = Math.min(MOST, most * 2);
      settled(batch, verdict.receipt);
      return true;
    }
    if (verdict.move === "halve") {
      if (batch.length > 1) most = batch.length >> 1;
      else {
        const rejected = [{ index: 0, code: verdict.code, message: says }];
        settled(batch, { accepted: 0, duplicates: 0, rejected });
      }
      return true;
    }
    if (!ready()) return false; // aborted by ourselves
    notBefore = clock.now() + backoff(failures++, verdict.floor);
    floor = clock.now() + verdict.floor;
    failed(verdict.code, says);
    return false;
  };

  /** Sends until nothing waits or the server cannot take it. `early` shortens the backoff. */
  const run = (early?: boolean): Promise<void> => {
    running ||= (async () => {
      try {
        if (clock.now() < (early ? floor : notBefore)) return;
        for (let batch; ready() && (batch = nextBatch(queue, most, ROOM - onTheirWay)).length; )
          if (!(await post(batch))) break;
      } finally {
        running = undefined;
        if (ready() && queue.length) schedule(notBefore > clock.now() ? 0 : 1000);
      }
    })();
    return running;
  };

  return {
    schedule,
    run,
    /** The page may be gone in a moment: sends all that fits, at once. What a request carried stays stored
     *  until its receipt comes, here or, sent again, to another page. */
    beacon(): void {
      if (clock.now() < floor) return;
      const before = failures; // a fetch that fails at once would be tried for ever
      for (let batch; failures === before && ready() && (batch = nextBatch(queue, most, ROOM - onTheirWay)).length; )
        void post(batch).then((ok) => (ok ? run() : undefined));
    },
    stop(): void {
      cancel();
      for (const abort of aborts) abort.abort();
    },
  };
}
