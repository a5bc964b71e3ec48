import { backoff, judge, type Receipt, type Verdict } from "./policy.js";
import { nextBatch, type Entry } from "./queue.js";
import type { Clock, ErrorCode } from "./types.js";

/** Most bytes of requests on their way: browsers let no more outlive the page. */
const ROOM = 60 * 1024;
const MOST = 500;
const TIMEOUT = 15_000;

/** What the sender asks of the tracker. */
export interface Sending {
  /** Before each look at the queue. False: nothing may be sent. */
  ready(): boolean;
  /** These have left the queue's care: each was stored, or refused for good. */
  settled(batch: Entry[], receipt: Receipt): void;
  failed(code: ErrorCode, message: string): void;
}

/** Sends what the queue holds, one request after the other; see DESIGN 7.5 and 7.6. `base` ends with a
 *  slash; events go to `path` below it, identity calls to `batch`. */
export function createSender(base: string, path: string, writeKey: string, clock: Clock, queue: Entry[], { ready, settled, failed }: Sending) {
  const { now } = clock;
  let running: Promise<void> | undefined;
  let wanted = false;
  let due = Infinity;
  let notBefore = 0; // the backoff
  let floor = 0; // what not even a flush may shorten
  let failures = 0;
  let most = MOST;

  /** Sends what waits within so many milliseconds, backoff permitting. */
  const schedule = (ms: number): void => {
    const at = Math.max(now() + +ms, notBefore); // a script tag gives it as text
    if (at >= due) return;
    due = at;
    clock.setTimeout(() => {
      if (due !== at) return; // an earlier one took its place
      due = Infinity;
      attempt();
    }, at - now());
  };
  const next = (): Entry[] => (ready() ? nextBatch(queue, most, ROOM) : []);

  /** One request. False where the server took nothing and asked for patience. */
  const post = async (batch: Entry[]): Promise<boolean> => {
    const { kind } = batch[0]!;
    const mark = (busy?: AbortController) => batch.forEach((entry) => (entry.busy = busy));
    const own = new AbortController();
    clock.setTimeout(() => own.abort(), TIMEOUT);
    let verdict: Verdict = { code: "network", floor: 0 };
    let says;
    mark(own);
    try {
      // A text needs no preflight. Where other scripts have used up the room for `keepalive`, a retry does without.
      const answer = await fetch(base + (kind ? "batch" : path), {
        method: "POST",
        body: `{"${kind ? "batch" : "events"}":[${batch.map(({ wire }) => wire)}],"sent_at":"${new Date(now()).toISOString()}","write_key":${JSON.stringify("" + writeKey)}}`,
        keepalive: !failures || document.hidden,
        signal: own.signal,
      });
      says = await answer.text();
      verdict = judge(answer.status, says, answer.headers.get("Retry-After"), batch.length, now());
      says = answer.status + ": " + says;
    } catch (error) {
      says = "" + error;
    }
    mark();
    if (!verdict) {
      if (batch[1]) {
        most = batch.length >> 1;
        return true;
      }
      verdict = { accepted: 0, duplicates: 0, rejected: [{ index: 0, code: "refused", message: says }] };
    }
    if ("code" in verdict) {
      if (!ready()) return false; // aborted by ourselves
      floor = now() + verdict.floor;
      notBefore = now() + backoff(failures++, verdict.floor);
      failed(verdict.code, says);
      return false;
    }
    failures = notBefore = floor = 0;
    most = Math.min(MOST, most * 2);
    settled(batch, verdict);
    return true;
  };

  /** Sends what waits, unless the server cannot take it: not what comes meanwhile, or each answer would set
   *  off another small request. `early` shortens the backoff. */
  const attempt = (early?: boolean): Promise<void> => {
    wanted = true;
    return (running ||= (async () => {
      await null; // with nothing to send, `finally` would come before the assignment, and `running` stay for ever
      try {
        while (wanted && now() >= (early ? floor : notBefore)) {
          wanted = false;
          const last = queue[queue.length - 1]!;
          for (let batch; queue.includes(last) && (batch = next())[0] && (await post(batch)); );
        }
      } finally {
        running = undefined;
        if (failures && queue[0] && ready()) schedule(1000);
      }
    })());
  };

  return {
    schedule,
    attempt,
    /** The page may be gone in a moment: sends all that fits, at once. What a request carried stays stored
     *  until its receipt comes, here or, sent again, to another page. */
    beacon(): void {
      const before = failures; // a fetch that fails at once would be tried for ever
      for (let batch; failures === before && now() >= floor && (batch = next())[0]; ) post(batch).then(() => attempt());
    },
    /** Consent was refused: what is on its way is called back. */
    callBack: () => queue.forEach(({ busy }) => busy?.abort()),
  };
}
