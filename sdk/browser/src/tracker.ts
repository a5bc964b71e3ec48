import { createAttention } from "./attention.js";
import { addressOf, watchMarks, watchNavigation } from "./auto.js";
import { getDeviceInfo } from "./device.js";
import { bound, type Entry } from "./queue.js";
import { createSender } from "./sender.js";
import { IDLE_MS, readSession, touch, writeSession, type Session } from "./session.js";
import { bytes, createStore } from "./store.js";
import type * as T from "./types.js";
import { uuid7 } from "./uuid7.js";
import { createVisits, type Visit } from "./visits.js";
import { rankOf, route, snake, split, type Fields } from "./words.js";

const MAX_EVENT_BYTES = 32 * 1024;

export interface Shared extends T.Tracker {
  /** How many copies use it; the last to close ends it. */
  users: number;
  end(): void;
}

const systemClock: T.Clock = {
  now: () => Date.now(),
  setTimeout: (run, ms) => setTimeout(run, ms),
  clearTimeout: (timer) => clearTimeout(timer),
};

/** One tracker for a write key and host; `createTracker` hands it out. */
export function makeTracker(options: T.TrackerOptions, host: string): Shared {
  const here = typeof window !== "undefined";
  const clock = options.clock || systemClock;
  // The wall clock may be set while a page is open; durations must not follow it.
  const elapsed = () => (options.clock || !here ? clock.now() : performance.now());
  const stats: T.Stats = { captured: 0, delivered: 0, duplicates: 0, rejected: 0, dropped: {}, queued: 0, errors: 0, persistent: false };
  const listeners = new Set<() => void>();
  const queue: Entry[] = [];
  const [, base = "", path = ""] = /^(.*\/)(.*)$/.exec(host + (options.path || "/v1/events")) || [];
  const flushInterval = options.flushInterval ?? 30_000;
  const flushAt = options.flushAt ?? 100;
  const maxQueue = options.maxQueue ?? 1000;
  const ending = new AbortController();
  let ended = !here || !options.writeKey;

  // -- telling the host ---------------------------------------------------------------------------

  const troubles = new Set<string>();
  const call = (run: () => void): void => {
    try {
      run();
    } catch {
      stats.errors++; // the host's own callback failed; there is nobody left to tell
    }
  };
  /** With `once`, it is told again only after something was delivered. */
  const fail = (code: T.ErrorCode, message: string, eventId?: string, once?: boolean): void => {
    stats.errors++;
    if (once && troubles.has(code)) return;
    troubles.add(code);
    call(() => options.onError?.({ code, message, eventId }));
  };
  const drop = (count: number, reason: T.DropReason): void => {
    if (!count) return;
    stats.dropped[reason] = (stats.dropped[reason] || 0) + count;
    call(() => options.onDrop?.(count, reason));
  };
  /** What the host calls, and what the browser calls: nothing may come out but a result. */
  const guard =
    <A extends unknown[], R>(run: (...args: A) => R, otherwise: R) =>
    (...args: A): R => {
      try {
        return run(...args);
      } catch (error) {
        fail("internal", String(error));
        return otherwise;
      }
    };

  // -- consent ------------------------------------------------------------------------------------

  const signalled = (): boolean =>
    options.respectSignals !== false &&
    (navigator.doNotTrack === "1" || (navigator as { globalPrivacyControl?: boolean }).globalPrivacyControl === true);
  let consent: T.Consent = ended ? "denied" : options.consent || "granted";
  if (!ended && signalled()) consent = "denied";
  const granted = (): boolean => !ended && consent === "granted";

  // -- who, and in which session ------------------------------------------------------------------

  const me = uuid7(clock.now());
  let area: T.KeyValueStorage | null = null;
  try {
    area = options.storage !== undefined ? options.storage : here ? localStorage : null;
  } catch {
    // Forbidden: what waits lives as long as the page.
  }
  const locks = here && area && options.storage === undefined ? navigator.locks : undefined;
  const store = createStore(area, `milepost:${options.writeKey}@${host}:`, me, clock, locks);
  const context: Fields = {};
  let token: string | undefined;
  const setContext = (given: T.TrackerContext & { anonymousId?: string | undefined }): void => {
    const { customerId, userId, anonymousId, currentArr, targetArr, growthStage } = given;
    const known = { customerId, userId, anonymousId, currentArr, targetArr, growthStage };
    for (const [key, value] of Object.entries(known)) if (key in given) context[snake(key)] = value || undefined;
    if ("token" in given) token = given.token;
  };
  setContext(options);
  let ownAnonymousId = "";
  const anonymousId = (): string => {
    if (!ownAnonymousId) {
      ownAnonymousId = (granted() && store.get("anon")) || uuid7(clock.now());
      if (granted()) store.set("anon", ownAnonymousId);
    }
    return ownAnonymousId;
  };

  let session: Session | undefined;
  const inSession = (now: number): Session => {
    const stored = granted() ? readSession(store.get("session")) : undefined;
    // Another tab may have gone on with it, or begun the next.
    if (stored && (!session || stored.last > session.last)) session = stored;
    return (session = touch(session, now, uuid7));
  };

  // -- capture ------------------------------------------------------------------------------------

  const device = getDeviceInfo();
  const attention = here ? createAttention(elapsed) : undefined;

  /** Builds what is sent; undefined, and reported, where no JSON can be made of it. */
  const encode = (id: string, kind: 0 | 1, rank: number, wire: object): Entry | undefined => {
    try {
      const text = JSON.stringify(wire, (_, value: unknown) =>
        typeof value === "bigint" || value instanceof Error ? String(value) : value,
      );
      // Half a character (an emoji cut in two) has no UTF-8 form; the server would refuse it.
      const body = text.replace(/\\(\\|ud[89a-f]..)/g, (found) => (found === "\\\\" ? found : "\ufffd"));
      const size = bytes(body);
      if (size <= MAX_EVENT_BYTES) return { id, kind, rank, body, size };
      fail("invalid", `The event has ${size} bytes of at most ${MAX_EVENT_BYTES}.`, id);
      drop(1, "too_large");
    } catch (error) {
      fail("invalid", `The event was not taken: ${error}`, id);
      drop(1, "invalid");
    }
    return undefined;
  };
  const event = (id: string, now: number, type: T.EventType, payload?: object, extra?: Fields): Entry | undefined => {
    const [fields, given] = split(payload);
    const metadata = { ...extra, ...given };
    const { id: session_id, started } = inSession(now);
    return encode(id, 0, rankOf(type, fields.business_impact, metadata.success !== false), {
      event_id: id,
      timestamp: new Date(now).toISOString(),
      event_type: type,
      anonymous_id: context.anonymous_id || anonymousId(),
      ...context,
      session_id,
      session_duration: Math.max(0, now - started),
      time_on_page: attention!.read(),
      page_url: addressOf(location),
      referrer: document.referrer.slice(0, 2048) || undefined,
      device_type: device.deviceType,
      browser: device.browser,
      ...fields,
      event_metadata: metadata,
    });
  };

  let settling = false;
  let urgent = false;
  let unsaved: Entry[] = [];
  /** Once per burst of events: they reach storage together, and what is urgent the network. */
  const settle = (): void => {
    settling = false;
    if (!granted()) return;
    if (session) store.set("session", writeSession(session));
    const waiting = unsaved.filter((entry) => queue.includes(entry));
    unsaved = [];
    if (queue.length) store.hold();
    for (const entry of waiting) if (unsaved.length || !store.save(entry)) unsaved.push(entry);
    stats.persistent = !unsaved.length;
    if (unsaved.length && area) fail("spool_unavailable", "Storage is full or forbidden; events wait in memory.", "", true);
    if (urgent || queue.length >= flushAt) void sender.run();
    else if (queue.length) sender.schedule(flushInterval);
    urgent = false;
  };
  const put = (entry: Entry): void => {
    queue.push(entry);
    unsaved.push(entry);
    urgent ||= entry.rank > 1;
    giveUp();
    if (!settling) {
      settling = true;
      queueMicrotask(guard(settle, undefined));
    }
  };
  const giveUp = (): void => {
    const lost = bound(queue, maxQueue);
    for (const entry of lost) store.forget(entry);
    drop(lost.length, "queue_full");
  };
  const capture = (make: (id: string, now: number) => Entry | undefined): string => {
    let now = 0;
    try {
      now = clock.now();
      const id = uuid7(now);
      if (ended) return id;
      stats.captured++;
      if (consent === "denied") drop(1, "consent");
      else {
        const entry = make(id, now);
        if (entry) put(entry);
      }
      return id;
    } catch (error) {
      fail("internal", String(error));
      return uuid7(now);
    }
  };
  const track = (type: T.EventType, payload?: object, extra?: Fields): string =>
    capture((id, now) => event(id, now, type, payload, extra));
  const identity = (type: string, fields: Fields): string =>
    capture((id, now) => {
      const who = { userId: context.user_id, anonymousId: context.anonymous_id || anonymousId() };
      // Kept as long as a high-impact event: without it, what the person did finds no customer.
      return encode(id, 1, 2, { type, messageId: id, timestamp: new Date(now).toISOString(), ...who, ...fields });
    });

  // -- delivery -----------------------------------------------------------------------------------

  const sender = createSender({
    base,
    path,
    writeKey: options.writeKey,
    clock,
    queue,
    ready() {
      if (!granted()) return false;
      if (queue.length && store.lapsed()) {
        // Another page may have taken over what this one had stored.
        for (let i = queue.length; i--; ) if (queue[i]!.key && !store.get(queue[i]!.key!)) queue.splice(i, 1);
      }
      if (queue.length && document.visibilityState) store.hold();
      return true;
    },
    settled(batch, { accepted, duplicates, rejected }) {
      for (const entry of batch) {
        const at = queue.indexOf(entry);
        if (at >= 0) queue.splice(at, 1);
        store.forget(entry);
      }
      stats.delivered += accepted;
      stats.duplicates += duplicates;
      stats.rejected += rejected.length;
      for (const { index, code, message } of rejected) fail("rejected", `${code}: ${message}`, batch[index]!.id);
      if (rejected.length) call(() => options.onDrop?.(rejected.length, "rejected"));
      if (!queue.length) store.release();
      if (accepted + duplicates) troubles.clear();
      if (accepted) for (const listener of listeners) call(listener);
    },
    failed: (code, message) => fail(code, message, undefined, true),
  });

  const takeOver = guard(async (): Promise<void> => {
    if (!granted()) return;
    let taken = 0;
    const again = await store.takeOver((entry) => {
      if (!granted()) return;
      const old = entry.key!;
      if (store.save(entry)) store.remove(old);
      queue.splice(taken++, 0, entry);
    });
    giveUp();
    if (taken) void sender.run();
    if (again && !ended) clock.setTimeout(() => void takeOver(), again + 50);
  }, Promise.resolve());

  // -- the page's life ----------------------------------------------------------------------------

  const drafts = me + "d";
  const visits = createVisits({
    now: clock.now,
    put,
    keep(entry) {
      if (granted() && store.save(entry, drafts)) store.lease(drafts, IDLE_MS + 60_000);
    },
    forget(entry) {
      store.forget(entry);
      delete entry.key;
    },
    isKept: (entry) => !entry.key || store.get(entry.key) !== null,
  });
  const makeVisit = (type: T.EventType, words: [string, string], payload: () => object, exit: () => Fields): Visit => ({
    enter: () => track(type, payload(), { action: words[0] }),
    leave() {
      if (ended || consent === "denied") return undefined;
      const now = clock.now();
      stats.captured++;
      return event(uuid7(now), now, type, payload(), { action: words[1], ...exit() });
    },
  });

  let page: Visit | undefined;
  const openPage = (properties?: T.Metadata): string => {
    if (page) visits.end(page);
    let pageUrl: string;
    page = makeVisit("navigation", ["page_view", "page_leave"], () => ({ pageUrl, metadata: properties }), () => ({}));
    const { enter } = page;
    page.enter = () => {
      pageUrl = addressOf(location);
      attention!.restart();
      return enter();
    };
    return visits.start(page);
  };

  const listen = (target: EventTarget, types: string, run: (event: Event) => void): void => {
    for (const type of types.split(" "))
      target.addEventListener(type, guard(run, undefined), { capture: true, passive: true, signal: ending.signal });
  };
  let unwatch: (() => void) | undefined;
  const away = (): void => {
    if (settling) settle();
    if (granted()) sender.beacon();
  };
  const begin = (): void => {
    if (options.pageViews !== false) openPage();
    clock.setTimeout(() => void takeOver(), 0);
  };
  const startUp = (): void => {
    listen(window, "focus blur", attention!.update);
    listen(document, "visibilitychange", () => {
      attention!.update();
      if (document.visibilityState === "hidden") {
        visits.hide();
        away();
      } else {
        visits.show();
        void takeOver();
      }
    });
    listen(window, "pagehide", () => {
      visits.suspend();
      away();
      if (queue.length) store.release(true);
    });
    listen(window, "pageshow", (event) => {
      if (!(event as PageTransitionEvent).persisted) return;
      visits.resume();
      void sender.run(true);
    });
    listen(window, "online", () => void sender.run(true));
    listen(window, "storage", (event) => {
      // Another tab was told that consent is refused.
      const { key, newValue } = event as StorageEvent;
      if (granted() && key === `milepost:${options.writeKey}@${host}:anon` && newValue === null) refuse();
    });
    if (options.dataAttributes !== false)
      watchMarks(listen, (what, payload) => track(what === "click" ? "content_interaction" : "professional_action", payload, { action: what === "click" ? what : "form_submit" }));
    if (options.pageViews !== false) unwatch = watchNavigation(listen, openPage);
    if ((document as { prerendering?: boolean }).prerendering) listen(document, "prerenderingchange", begin);
    else if (consent !== "denied") begin();
  };
  const refuse = (): void => {
    consent = "denied";
    sender.stop();
    visits.clear();
    drop(queue.splice(0).length, "consent");
    unsaved = [];
    ownAnonymousId = "";
    session = undefined;
    store.release();
    store.purge();
  };

  const read = async (what: string): Promise<unknown> => {
    try {
      if (!token) throw new Error("Reading takes a customer's token: set `token`.");
      const answer = await fetch(base + "me/" + what, { headers: { Authorization: "Bearer " + token }, credentials: "omit" });
      if (answer.ok) return await answer.json();
      if (answer.status !== 404) throw new Error(`${what} answered ${answer.status}`);
    } catch (error) {
      fail("read", String(error));
    }
    return null;
  };

  const tracker: Shared = {
    users: 0,
    track: (type, fields) => track(type, fields),
    trackToolUsage: (given) => track("tool_usage", given),
    trackExport: (given) => track("export_action", given),
    trackMilestone: (given) => track("competency_milestone", given),
    trackResourceGeneration(given) {
      const phase = given?.phase || (given?.success === false ? "failure" : "success");
      // A start has made nothing yet: it is not counted as a resource, and says little.
      const start = phase === "start" ? { businessImpact: "low" } : {};
      return track("resource_generation", { ...start, ...given, phase, success: phase === "success" });
    },
    trackResourceShare: (given) => track("resource_share", given),
    trackClick: (given) => track("content_interaction", given, { action: "click" }),
    trackFormSubmit: (given) => track("professional_action", given, { action: "form_submit", success: true }),
    trackNavigation: (given) => track("navigation", given),
    trackBehavior: guard((actionType, payload) => {
      const type = route(String(actionType));
      return track(type || "professional_action", payload, type === actionType ? {} : { action_type: actionType });
    }, ""),
    enterTool(toolId, toolSection, given) {
      let since = 0;
      let more: T.Metadata | undefined;
      const payload = () => ({ ...given, toolId, toolSection, metadata: { ...given?.metadata, ...more } });
      const visit = makeVisit("tool_usage", ["enter", "exit"], payload, () => ({ duration_ms: Math.round(elapsed() - since) }));
      const { enter } = visit;
      visit.enter = () => {
        since = elapsed();
        return enter();
      };
      return {
        id: ended || consent === "denied" ? enter() : visits.start(visit),
        exit: guard((metadata?: T.Metadata) => {
          more = metadata;
          visits.end(visit, true);
        }, undefined),
      };
    },
    identify(userId, traits) {
      setContext({ userId });
      return identity("identify", { traits: traits || {} });
    },
    group(customerId, traits) {
      setContext({ customerId });
      return identity("group", { groupId: customerId, traits: traits || {} });
    },
    alias: (previousId, userId) => identity("alias", { previousId, ...(userId && { userId }) }),
    page: guard((properties) => (ended || consent === "denied" ? track("navigation") : openPage(properties)), ""),
    reset: guard(() => {
      for (const key in context) delete context[key];
      token = session = undefined;
      ownAnonymousId = "";
      store.remove("session");
      if (granted()) store.set("anon", (ownAnonymousId = uuid7(clock.now())));
    }, undefined),
    setContext: guard(setContext, undefined),
    setConsent: guard((given) => {
      if (ended) return;
      if (given === "denied") refuse();
      else if (consent !== "granted" && !signalled()) {
        const before = consent;
        consent = given;
        if (before === "denied") begin();
        else {
          store.set("anon", anonymousId());
          settle();
          void takeOver();
        }
      }
    }, undefined),
    async flush() {
      if (settling) guard(settle, undefined)();
      if (!ended) await sender.run(true).catch(() => {});
    },
    close() {},
    end: guard(() => {
      if (ended) return;
      visits.suspend();
      away();
      if (queue.length) store.release(true);
      ended = true;
      ending.abort();
      unwatch?.();
      sender.stop();
    }, undefined),
    stats: () => ({ ...stats, dropped: { ...stats.dropped }, queued: queue.length }),
    getInsights: async () => (await read("insights")) as T.Insights | null,
    async getRecentEvents(limit = 50) {
      const answer = (await read("events?limit=" + limit)) as { items?: T.StoredEvent[] } | null;
      return answer?.items || [];
    },
    getDeviceInfo,
    subscribe(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
  };

  if (here && !options.writeKey) fail("misconfigured", "There is no write key. Give createTracker({ writeKey }).");
  else if (here) guard(startUp, undefined)();
  return tracker;
}
