import { judge, type Verdict } from "./policy.js";
import { IDENTITY_CALL, type Entry } from "./queue.js";
import type { Settings } from "./settings.js";

const TIMEOUT = 15_000;

/** Posts entries of one kind. Answers how that ended, and what the server or the browser said, for people; never
 *  rejects. */
export async function postBatch(settings: Settings, batch: Entry[], keepalive: boolean, call: AbortController): Promise<[Verdict, string]> {
  const { clock, writeKey, eventsUrl, baseUrl } = settings;
  const identity = batch[0]!.kind === IDENTITY_CALL;
  clock.setTimeout(() => call.abort(), TIMEOUT);
  try {
    const answer = await fetch(identity ? baseUrl + "batch" : eventsUrl, {
      method: "POST",
      // A text needs no preflight request. The entries are JSON already.
      body: `{"${identity ? "batch" : "events"}":[${batch.map(({ json }) => json)}],"sent_at":"${new Date(clock.now()).toISOString()}","write_key":${JSON.stringify("" + writeKey)}}`,
      keepalive,
      signal: call.signal,
    });
    const text = await answer.text();
    const retryAfter = answer.headers.get("Retry-After");
    return [judge(answer.status, text, retryAfter, batch.length, clock.now()), answer.status + ": " + text];
  } catch (error) {
    return [{ code: "network", floor: 0 }, "" + error];
  }
}
