import { createAttention } from "./attention.js";
import { watchMarks, watchNavigation, type Listen } from "./auto.js";
import { getDeviceInfo } from "./device.js";
import { here } from "./env.js";
import { bound, bytes, type Entry } from "./queue.js";
import { createSender } from "./sender.js";
import { goesOn, type Session } from "./session.js";
import { createStore } from "./store.js";
import type * as T from "./types.js";
import { uuid7 } from "./uuid7.js";
import { createVisits, type Visit } from "./visits.js";
import { isField, rankOf, route, snake, split, type Fields } from "./words.js";

const MAX_EVENT_BYTES = 32 * 1024;
/** Milliseconds that events may wait in memory for others, to be saved together: each write to storage costs
 *  more than all the rest of an event. */
const GATHER = 100;

export interface Shared extends Omit<T.Tracker, "close"> {
  /** How many copies use it; the last to close ends it. */
  users: number;
  end(): void;
}

const systemClock: T.Clock = {
  now: () => Date.now(),
  setTimeout: (run, ms) => setTimeout(run, ms),
};

/** One tracker for a write key and host; `createTracker` hands it out. */
export function makeTracker(options: T.TrackerOptions, host: string): Shared {
  const { writeKey, clock = systemClock, flushInterval = 30_000, flushAt = 100, maxQueue = 1000 } = options;
  const { now } = clock;
  // The wall clock may be set while a page is open; durations must not follow it.
  const elapsed = options.clock ? now : () => performance.now();
  const stats: T.Stats = { captured: 0, delivered: 0, duplicates: 0, rejected: 0, dropped: {}, queued: 0, errors: 0, persistent: true };
  const listeners = new Set<() => void>();
  const queue: Entry[] = [];
  const [, base, path] = /(.*\/)(.*)/.exec(host + (options.path || "/v1/events")) as unknown as [string, string, string];
  const ending = new AbortController();

  // -- telling the host ---------------------------------------------------------------------------

  const fail = (code: T.ErrorCode, message: string, eventId?: string): void => {
    stats.errors++;
    try {
      options.onError?.({ code, message, eventId });
    } catch {
      // There is nobody left to tell.
    }
  };
  /** Around what the host and the browser call, and the host's callbacks: nothing may come out but a result. */
  const guard =
    <A extends unknown[], R>(run: (...args: A) => R) =>
    (...args: A): R => {
      try {
        return run(...args);
      } catch (error) {
        fail("internal", "" + error);
        return undefined as R;
      }
    };
  const drop = (count: number, reason: T.DropReason): void => {
    if (!count) return;
    stats.dropped[reason] = (stats.dropped[reason] || 0) + count;
    guard(() => options.onDrop?.(count, reason))();
  };

  // -- consent ------------------------------------------------------------------------------------

  const signalled = (): boolean =>
    options.respectSignals !== false &&
    (navigator.doNotTrack === "1" || !!(navigator as { globalPrivacyControl?: boolean }).globalPrivacyControl);
  let consent: T.Consent | "ended" = !here ? "ended" : signalled() ? "denied" : options.consent || "granted";
  const granted = (): boolean => consent === "granted";
  const refused = (): boolean => !granted() && consent !== "pending";

  // -- who, and in which session ------------------------------------------------------------------

  const me = uuid7(now());
  const prefix = `milepost:${writeKey}@${host}:`;
  let area: T.KeyValueStorage | null = null;
  try {
    ({ storage: area = localStorage } = options);
  } catch {
    // Forbidden, or no browser: what waits lives as long as the page.
  }
  const store = createStore(granted, queue, area, prefix, me, clock, here ? navigator.locks : undefined);

  let context: Fields = {};
  let token: string | undefined;
  const setContext = (given: T.TrackerContext): void => {
    for (const [key, value] of Object.entries(given)) {
      const name = snake(key);
      if (name === "token") token = value as string;
      else if (isField(name)) context[name] = value || undefined;
    }
  };
  let ownId: string | undefined;
  const remember = () => ownId && store.record("anon", ownId);
  const anonymousId = (): unknown => {
    if (!ownId) {
      ownId = store.recall("anon") || uuid7(now());
      remember();
    }
    return context.anonymous_id || ownId;
  };
  let session: Session = [];
  let moved: boolean | undefined; // and storage does not know yet
  const recordSession = () => (moved = !store.record("session", session.join(".")));

  // -- capture ------------------------------------------------------------------------------------

  const address = () => document.URL.slice(0, 2048);
  const { deviceType, browser } = getDeviceInfo();
  const referrer = here ? document.referrer.slice(0, 2048) : "";
  const attention = createAttention(elapsed);

  /** Builds what is sent. Throws where no JSON can be made of it. */
  const encode = (id: string, kind: 0 | 1, rank: number, body: object): Entry => {
    const wire = JSON.stringify(body);
    // Counting costs, and no character has more than three bytes.
    if (wire.length > 1e4 && bytes(wire) > MAX_EVENT_BYTES) throw "too_large";
    return { id, kind, rank, wire };
  };
  const event = (id: string, at: number, type: T.EventType, payload?: object, extra?: Fields): Entry => {
    const [fields, given] = split(payload);
    const event_metadata: Fields = { ...extra, ...given };
    // Another tab may have gone on with the session, or begun the next.
    if (!goesOn(session, at)) session = ("" + store.recall("session")).split(".") as Session;
    if (!goesOn(session, at)) {
      session = [uuid7(at), at, at];
      recordSession(); // at once: tabs may open together
    }
    const [session_id, started, last] = session as Required<Session>;
    session[2] = Math.max(last, at);
    moved = true;
    return encode(id, 0, rankOf(type, fields.business_impact, event_metadata.success !== false), {
      event_id: id,
      timestamp: new Date(at).toISOString(),
      event_type: type,
      anonymous_id: anonymousId(),
      session_id,
      session_duration: Math.max(at - started, 0),
      time_on_page: attention(),
      page_url: address(),
      referrer,
      device_type: deviceType,
      browser,
      ...context,
      ...fields,
      event_metadata,
    });
  };

  let settling = 0; // 1: soon, 2: with this task
  /** Once per burst of events: they reach storage together, and what is urgent the network. */
  const settle = guard(() => {
    settling = 0;
    if (!granted()) return;
    if (moved) recordSession();
    if (!queue[0]) return; // all sent: that says nothing of storage
    store.hold();
    const kept = store.keep();
    if (!kept && stats.persistent) fail("spool_unavailable", "full");
    stats.persistent = kept;
    if (queue.length >= flushAt || queue.some(({ rank }) => rank > 1)) sender.attempt();
    else sender.schedule(flushInterval);
  });
  const giveUp = (lost = bound(queue, maxQueue), reason: T.DropReason = "queue_full"): void => {
    lost.forEach(store.forget);
    drop(lost.length, reason);
  };
  const put = (entry: Entry): void => {
    queue.push(entry);
    giveUp();
    // A hidden tab's timers may wait a minute, and it may be killed any time.
    const haste = entry.rank > 1 || document.hidden ? 2 : 1;
    if (haste <= settling) return;
    settling = haste;
    if (haste > 1) queueMicrotask(settle);
    else clock.setTimeout(settle, GATHER);
  };
  const capture = (make: (id: string, at: number) => Entry | undefined, use = put): string => {
    const at = now();
    const id = uuid7(at);
    try {
      if (consent === "ended") return id;
      stats.captured++;
      const entry = refused() ? drop(1, "consent") : make(id, at);
      if (entry) use(entry);
    } catch (error) {
      fail("invalid", "" + error, id);
      drop(1, error === "too_large" ? error : "invalid");
    }
    return id;
  };
  const track = (type: T.EventType, payload?: object, extra?: Fields): string =>
    capture((id, at) => event(id, at, type, payload, extra));
  const identity = (type: string, fields: Fields): string =>
    capture((id, at) =>
      // Kept as long as a high-impact event: without it, what the person did finds no customer.
      encode(id, 1, 2, { type, messageId: id, timestamp: new Date(at).toISOString(), userId: context.user_id, anonymousId: anonymousId(), ...fields }),
    );

  // -- delivery -----------------------------------------------------------------------------------

  const sender = createSender(base, path, writeKey, clock, queue, {
    ready: () => {
      store.hold();
      return granted();
    },
    settled(batch, { accepted, duplicates, rejected }) {
      queue.push(...queue.splice(0).filter((entry) => !batch.includes(entry)));
      batch.forEach(store.forget);
      stats.delivered += accepted;
      stats.duplicates += duplicates;
      stats.rejected += rejected.length;
      for (const { index, code, message } of rejected) fail("rejected", code + ": " + message, batch[index]?.id);
      drop(rejected.length, "rejected");
      store.keep();
      if (!queue[0]) store.release();
      if (accepted) listeners.forEach((listener) => guard(listener)());
    },
    failed: fail,
  });

  /** Of `/v1/me/`, with the customer's token. */
  const mine = (what: string, init?: RequestInit): Promise<Response> =>
    token ? fetch(base + "me/" + what, { ...init, headers: { Authorization: "Bearer " + token } }) : Promise.reject("token");
  const takeOver = async (): Promise<void> => {
    if (!granted()) return;
    const others = await store.takeOver(() => {
      giveUp();
      settle();
      sender.attempt();
    });
    if (others) clock.setTimeout(takeOver, flushInterval);
  };

  // -- the page's life ----------------------------------------------------------------------------

  const visits = createVisits(put, store.lay);
  const makeVisit = (type: T.EventType, enter: string, exit: string, payload: () => object): Visit => {
    let since = 0;
    let pageUrl = "";
    let exitId: string | undefined;
    return {
      enter() {
        attention(enter === "page_view");
        exitId = undefined;
        since = elapsed();
        pageUrl = address();
        return track(type, payload(), { action: enter });
      },
      leave() {
        let exited: Entry | undefined;
        const duration_ms = Math.round(elapsed() - since);
        capture((id, at) => event((exitId ||= id), at, type, { pageUrl, ...payload() }, { action: exit, duration_ms }), (entry) => (exited = entry));
        return exited;
      },
    };
  };
  let page: Visit | undefined;
  const openPage = (metadata?: T.Metadata): string => {
    if (refused()) return track("navigation");
    if (page) visits.finish(page);
    return visits.begin((page = makeVisit("navigation", "page_view", "page_leave", () => ({ metadata }))));
  };

  const listen: Listen = (types, run) => {
    types.split(" ").forEach((type) => addEventListener(type, guard(run), { capture: true, signal: ending.signal }));
  };
  const away = (): void => {
    settle();
    sender.beacon();
  };
  const leave = (): void => {
    store.release(true);
    visits.suspend();
    away();
  };
  const begin = (): void => {
    // A page that nobody has seen (prerendered, or opened behind others) is viewed when it is.
    if (options.pageViews !== false && !page && !document.hidden) openPage();
    takeOver();
  };
  const refuse = (elsewhere?: boolean): void => {
    consent = "denied";
    sender.callBack();
    visits.abandon();
    giveUp(queue.splice(0), "consent");
    ownId = moved = page = undefined;
    session = [];
    store.release();
    store.keep();
    // By the time we are told, the other tab may have been granted consent again.
    if (!elsewhere || !store.recall("anon")) store.purge();
  };
  const startUp = guard(() => {
    setContext(options);
    listen("focus blur", () => attention());
    listen("visibilitychange", () => {
      attention();
      visits.turn(document.hidden);
      if (document.hidden) away();
      else begin();
    });
    listen("pagehide", leave);
    listen("pageshow", ({ persisted }: Event & Partial<PageTransitionEvent>) => {
      if (!persisted) return;
      store.release();
      visits.resume();
    });
    listen("online", () => sender.attempt(true));
    // Another tab was told that consent is refused.
    listen("storage", ({ key, newValue }: Event & Partial<StorageEvent>) => {
      if (key === prefix + "anon" && !newValue) refuse(true);
    });
    if (options.dataAttributes !== false) watchMarks(listen, track);
    if (options.pageViews !== false) watchNavigation(listen, () => openPage());
    if (refused()) refuse();
    else begin();
  });

  const read = async (what: string): Promise<unknown> => {
    try {
      const answer = await mine(what);
      if (answer.ok) return await answer.json();
      if (answer.status !== 404) throw answer.status;
    } catch (error) {
      fail("read", "" + error);
    }
    return null;
  };

  const tracker: Shared = {
    users: 0,
    fetch: mine,
    track,
    trackToolUsage: (given) => track("tool_usage", given),
    trackExport: (given) => track("export_action", given),
    trackMilestone: (given) => track("competency_milestone", given),
    trackResourceGeneration(given) {
      const phase = given?.phase || (given?.success === false ? "failure" : "success");
      // A start has made nothing yet: it is not counted as a resource, and says little.
      return track("resource_generation", { businessImpact: phase === "start" ? "low" : null, ...given, phase, success: phase === "success" });
    },
    trackResourceShare: (given) => track("resource_share", given),
    trackClick: (given) => track("content_interaction", given, { action: "click" }),
    trackFormSubmit: (given) => track("professional_action", given, { action: "form_submit", success: true }),
    trackNavigation: (given) => track("navigation", given),
    trackBehavior: (action, payload) =>
      capture((id, at) => {
        const type = route(action);
        return event(id, at, type || "professional_action", payload, type === action ? {} : { action_type: action });
      }),
    enterTool: (toolId, toolSection, given) => {
      const visit = makeVisit("tool_usage", "enter", "exit", () => ({ ...given, toolId, toolSection }));
      return {
        id: refused() ? track("tool_usage") : visits.begin(visit),
        exit: guard(() => visits.finish(visit)),
      };
    },
    identify(userId, traits) {
      setContext({ userId });
      return identity("identify", { traits });
    },
    group(customerId, traits) {
      setContext({ customerId });
      return identity("group", { groupId: customerId, traits });
    },
    alias: (previousId, userId = context.user_id as string) => identity("alias", { previousId, userId }),
    page: guard(openPage),
    reset: guard(() => {
      token = moved = undefined;
      context = {};
      session = [];
      store.erase("session");
      ownId = uuid7(now());
      remember();
    }),
    setContext: guard(setContext),
    setConsent: guard((given) => {
      if (consent === "ended") return;
      if (given === "denied") return refuse();
      if (granted() || signalled()) return;
      consent = given;
      remember();
      begin();
      settle();
    }),
    async flush() {
      const tried = sender.attempt(true); // before settle, whose own attempt keeps to the backoff
      settle();
      await tried;
    },
    end: guard(() => {
      leave();
      consent = "ended";
      ending.abort();
    }),
    stats: () => ({ ...stats, dropped: { ...stats.dropped }, queued: queue.length }),
    getInsights: () => read("insights") as Promise<T.Insights | null>,
    getRecentEvents: (limit = 50) => read("events?limit=" + limit).then((page) => (page as { items?: T.StoredEvent[] })?.items || []),
    getDeviceInfo,
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };

  if (here) startUp();
  return tracker;
}
