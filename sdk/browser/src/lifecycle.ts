import { timeOnPage } from "./attention.js";
import { watchMarks, watchNavigation, type Listen } from "./auto.js";
import type { Capture } from "./capture.js";
import { granted, refused, signalled } from "./consent.js";
import type { Diagnostics } from "./diagnostics.js";
import { ANONYMOUS_ID, forgetBrowserId, saveBrowserId, setContext } from "./identity.js";
import type { Outbox } from "./outbox.js";
import { forgetSession } from "./session.js";
import type { State } from "./state.js";
import { purge, readItem } from "./store.js";
import type { Consent, TrackerOptions } from "./types.js";
import type { Visits } from "./visits.js";

/** From the page's start to its end, and what follows when consent is granted or refused. */
export function createLifecycle(
  options: TrackerOptions,
  { guard }: Diagnostics,
  { consentState, store, identity, sessionState, attention }: State,
  { track }: Capture,
  outbox: Outbox,
  visits: Visits,
) {
  const ending = new AbortController();
  const pageViews = options.pageViews !== false;

  /** The page is there, perhaps for somebody to see. */
  const show = (): void => {
    // A page that nobody has seen (prerendered, or opened behind others) is viewed when it is.
    if (pageViews && !visits.hasPage() && !document.hidden) visits.openPage();
    outbox.takeOver();
  };
  const leave = (): void => {
    outbox.leavePage();
    visits.suspendAll();
    outbox.flushByBeacon();
  };

  /** Purges what waits and what is stored. `elsewhere`: in another tab, which has purged storage itself. */
  const refuse = (elsewhere?: boolean): void => {
    consentState.status = "denied";
    visits.clearAll();
    outbox.clear();
    forgetBrowserId(identity);
    forgetSession(sessionState);
    // By the time we are told, the other tab may have been granted consent again.
    if (!elsewhere || !readItem(store, ANONYMOUS_ID)) purge(store);
  };

  const listen: Listen = (types, run) => {
    for (const type of types.split(" ")) addEventListener(type, guard(run), { capture: true, signal: ending.signal });
  };

  return {
    start(): void {
      setContext(identity, options);
      listen("focus blur", () => timeOnPage(attention));
      listen("visibilitychange", () => {
        timeOnPage(attention);
        visits.draftExits();
        if (document.hidden) outbox.flushByBeacon();
        else show();
      });
      listen("pagehide", leave);
      listen("pageshow", ({ persisted }: Event & Partial<PageTransitionEvent>) => {
        if (!persisted) return;
        outbox.comeBack();
        visits.resumeAll();
      });
      listen("online", () => outbox.attempt(true));
      listen("storage", ({ key, newValue }: Event & Partial<StorageEvent>) => {
        if (key === store.prefix + ANONYMOUS_ID && !newValue) refuse(true);
      });
      if (options.dataAttributes !== false) watchMarks(listen, track);
      if (pageViews) watchNavigation(listen, visits.openPage);
      if (refused(consentState)) refuse();
      else show();
    },
    setConsent(given: Consent): void {
      if (consentState.status === "ended") return;
      if (given === "denied") return refuse();
      if (granted(consentState) || signalled(consentState)) return;
      consentState.status = given;
      saveBrowserId(identity, store);
      show();
      outbox.flush();
    },
    /** Closed: what waits goes out by beacon, or stays in storage. */
    end(): void {
      leave();
      consentState.status = "ended";
      ending.abort();
    },
  };
}
