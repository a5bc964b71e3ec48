import { timeOnPage } from "./attention.js";
import { refused } from "./consent.js";
import { getDeviceInfo } from "./device.js";
import type { Diagnostics } from "./diagnostics.js";
import { here } from "./env.js";
import { anonymousId } from "./identity.js";
import { bytes, EVENT, HIGH, IDENTITY_CALL, type Entry, type Kind } from "./queue.js";
import { sessionAt } from "./session.js";
import type { State } from "./state.js";
import type { Clock } from "./types.js";
import { uuid7 } from "./uuid7.js";
import { priorityOf, route, split, type Fields } from "./words.js";

export const MAX_EVENT_BYTES = 32 * 1024;

/** What is thrown, and the reason of the loss, for an entry that is larger. */
const TOO_LARGE = "too_large";

/** The page's address, as far as the server takes it. */
export const address = (): string => document.URL.slice(0, 2048);

const iso = (at: number): string => new Date(at).toISOString();

/** Throws TOO_LARGE, or what JSON.stringify throws where no JSON can be made of the body. */
function encode(id: string, kind: Kind, priority: number, body: object): Entry {
  const json = JSON.stringify(body);
  // Counting costs, and no character has more than three bytes.
  if (json.length > MAX_EVENT_BYTES / 3 && bytes(json) > MAX_EVENT_BYTES) throw TOO_LARGE;
  return { id, kind, priority, json };
}

export type Capture = ReturnType<typeof createCapture>;

/** Makes what is sent, as the server takes it, of what the site says and what is known beside that, and gives it to
 *  `enqueueEntry`. */
export function createCapture(
  clock: Clock,
  { stats, fail, countDrop }: Diagnostics,
  { consentState, store, identity, sessionState, attention }: State,
  enqueueEntry: (entry: Entry) => void,
) {
  const referrer = here ? document.referrer.slice(0, 2048) : "";
  const { deviceType: device_type, browser } = getDeviceInfo();

  /** Captures what `make` makes for an id and a time, which are fixed here. Answers the id, also where nothing came
   *  of it; never throws. */
  const captureEntry = (make: (id: string, at: number) => Entry, use = enqueueEntry): string => {
    const at = clock.now();
    const id = uuid7(at);
    try {
      if (consentState.status === "ended") return id;
      stats.captured++;
      if (refused(consentState)) countDrop(1, "consent");
      else use(make(id, at));
    } catch (error) {
      fail("invalid", "" + error, id);
      countDrop(1, error === TOO_LARGE ? error : "invalid");
    }
    return id;
  };

  /** For `POST /v1/events`, of a type or of any other name. `payload` is what the site gave; `extra` is metadata of our own, which the site's goes
   *  before. Throws as `encode`. */
  const makeEvent = (id: string, at: number, name: string, payload?: object, extra?: Fields): Entry => {
    const [fields, metadata] = split(payload);
    const event_metadata: Fields = { ...extra, ...metadata };
    const { id: session_id, startedAt } = sessionAt(sessionState, store, at);
    const type = route(name) === name ? name : "";
    return encode(id, EVENT, priorityOf(type, fields.business_impact, event_metadata.success !== false), {
      event_id: id,
      timestamp: iso(at),
      [type ? "event_type" : "event_name"]: name,
      anonymous_id: anonymousId(identity, store, at),
      session_id,
      session_duration: Math.max(at - startedAt, 0),
      time_on_page: timeOnPage(attention),
      page_url: address(),
      referrer,
      device_type,
      browser,
      ...identity.context,
      ...fields,
      event_metadata,
    });
  };

  return {
    captureEntry,
    makeEvent,
    track: (name: string, payload?: object, extra?: Fields): string =>
      captureEntry((id, at) => makeEvent(id, at, name, payload, extra)),
    /** For `POST /v1/batch`, in Segment's words. */
    callIdentity: (type: string, fields: Fields): string =>
      captureEntry((id, at) =>
        // Kept as long as what has high impact: without it, what the person did finds no customer.
        encode(id, IDENTITY_CALL, HIGH, {
          type,
          messageId: id,
          timestamp: iso(at),
          userId: identity.context.user_id,
          anonymousId: anonymousId(identity, store, at),
          // A signature is of both ids.
          context: identity.context.identity_signature && {
            groupId: identity.context.customer_id,
            identity_signature: identity.context.identity_signature,
          },
          ...fields,
        }),
      ),
  };
}
