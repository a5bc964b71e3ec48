import type { Diagnostics } from "./diagnostics.js";
import { backoff, type Receipt } from "./policy.js";
import { nextBatch, type Entry } from "./queue.js";
import { postBatch } from "./request.js";
import type { Settings } from "./settings.js";

/** Most bytes of requests on their way: browsers let no more outlive the page. */
const ROOM = 60 * 1024;
/** Most entries of a request. */
const MOST = 500;

export type Sender = ReturnType<typeof createSender>;

/** Sends what the queue holds, one request after the other. `ready` is asked before each look at the queue: false,
 *  and nothing may be sent. `received` gets what was stored, or refused for good. */
export function createSender(
  settings: Settings,
  { fail }: Diagnostics,
  queue: Entry[],
  ready: () => boolean,
  received: (batch: Entry[], receipt: Receipt) => void,
) {
  const { clock } = settings;
  const { now } = clock;
  let running: Promise<void> | undefined; // the round of requests that is under way
  let wanted = false; // somebody asked for a round since the last one looked
  let due = Infinity; // when the timer for the next round runs out
  let notBefore = 0; // the backoff: no round by itself before this
  let floor = 0; // the server's own word: not even a flush before this
  let failures = 0; // since the server last took something
  let most = MOST; // entries of the next request: halved when one was refused, doubled when one was taken

  const next = (): Entry[] => (ready() ? nextBatch(queue, most, ROOM) : []);

  /** Sends what waits within so many milliseconds, backoff permitting. */
  const schedule = (ms: number): void => {
    const at = Math.max(now() + ms, notBefore);
    if (at >= due) return;
    due = at;
    clock.setTimeout(() => {
      if (due !== at) return; // an earlier one took its place
      due = Infinity;
      attempt();
    }, at - now());
  };

  /** One request. False where the server took nothing and asked for patience. */
  const send = async (batch: Entry[]): Promise<boolean> => {
    const call = new AbortController();
    for (const entry of batch) entry.request = call;
    // Where other scripts have used up the room for `keepalive`, a retry does without.
    let [verdict, message] = await postBatch(settings, batch, !failures || document.hidden, call);
    for (const entry of batch) entry.request = undefined;
    if (!verdict) {
      if (batch[1]) {
        most = batch.length >> 1;
        return true;
      }
      verdict = { accepted: 0, duplicates: 0, rejected: [{ index: 0, code: "refused", message }] };
    }
    if ("code" in verdict) {
      if (!ready()) return false; // aborted by ourselves
      floor = now() + verdict.floor;
      notBefore = now() + backoff(failures++, verdict.floor);
      fail(verdict.code, message);
      return false;
    }
    failures = notBefore = floor = 0;
    most = Math.min(MOST, most * 2);
    received(batch, verdict);
    return true;
  };

  const sendAll = async (early?: boolean): Promise<void> => {
    await null; // with nothing to send, `finally` would come before the assignment, and `running` stay for ever
    try {
      while (wanted && now() >= (early ? floor : notBefore)) {
        wanted = false;
        const last = queue[queue.length - 1]!;
        for (let batch; queue.includes(last) && (batch = next())[0] && (await send(batch)); );
      }
    } finally {
      running = undefined;
      if (failures && queue[0] && ready()) schedule(1000);
    }
  };

  /** Sends what waits, unless the server cannot take it: not what comes meanwhile, or each answer would set off
   *  another small request. `early` shortens the backoff. */
  const attempt = (early?: boolean): Promise<void> => {
    wanted = true;
    return (running ||= sendAll(early));
  };

  return {
    schedule,
    attempt,
    /** The page may be gone in a moment: sends all that fits, at once. What a request carried stays stored until
     *  its receipt comes, here or, sent again, to another page. */
    beacon(): void {
      const before = failures; // a fetch that fails at once would be tried for ever
      for (let batch; failures === before && now() >= floor && (batch = next())[0]; ) send(batch).then(() => attempt());
    },
    /** Consent was refused: what is on its way is called back. */
    abortAll: (): void => queue.forEach(({ request }) => request?.abort()),
  };
}
