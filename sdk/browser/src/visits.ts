import { restartAttention } from "./attention.js";
import { address, type Capture } from "./capture.js";
import { refused } from "./consent.js";
import type { Outbox } from "./outbox.js";
import type { Entry } from "./queue.js";
import type { State } from "./state.js";
import type { EventType, Metadata } from "./types.js";

/** Something with a beginning and an end that are both told: a page view, or a visit to a tool. */
export interface Visit {
  readonly type: EventType;
  /** The actions of its two events. */
  readonly enter: string;
  readonly exit: string;
  /** What goes with both. May throw: it is the site's. */
  readonly payload: () => object;
  /** Of the entry: its time by `elapsed`, and the page's address. */
  enteredAt?: number;
  pageUrl?: string;
  /** A visit has one exit with one id, however often it is made. */
  exitId?: string | undefined;
  /** The exit as of the moment the page was last hidden. */
  draft?: Entry | undefined;
}

export type Visits = ReturnType<typeof createVisits>;

/**
 * Keeps exits from being lost or doubled. While the page is hidden they stand ready in storage as drafts: mobile
 * browsers kill hidden pages without a word, and then another page sends them. A visit whose page is closed while
 * hidden ended when it was hidden.
 */
export function createVisits(
  elapsed: () => number,
  { consentState, attention }: State,
  { captureEntry, makeEvent, track }: Capture,
  { enqueueEntry, saveDrafts }: Outbox,
) {
  const open = new Set<Visit>();
  /** Ended because the page went; entered anew if it comes back. */
  const suspended = new Set<Visit>();
  /** The page view among them. */
  let page: Visit | undefined;

  /** The exit as of now, not queued; undefined where it cannot be made. */
  const makeExit = (visit: Visit): Entry | undefined => {
    const { type, exit, payload, pageUrl } = visit;
    const duration_ms = Math.round(elapsed() - visit.enteredAt!);
    let made: Entry | undefined;
    captureEntry(
      (id, at) => makeEvent((visit.exitId ||= id), at, type, { pageUrl, ...payload() }, { action: exit, duration_ms }),
      (entry) => (made = entry),
    );
    return made;
  };
  const saveAllDrafts = (): void => saveDrafts([...open].flatMap(({ draft }) => draft || []));

  /** Tracks the entry; answers its id. */
  const begin = (visit: Visit): string => {
    const { type, enter, payload } = visit;
    open.add(visit);
    if (visit === page) restartAttention(attention);
    visit.draft = visit.exitId = undefined;
    visit.enteredAt = elapsed();
    visit.pageUrl = address();
    return captureEntry((id, at) => makeEvent(id, at, type, payload(), { action: enter }));
  };
  /** Ends a visit as of now, or with the exit that was drafted; once, however often it is called. */
  const finishVisit = (visit: Visit, draft?: Entry): void => {
    suspended.delete(visit);
    if (!open.delete(visit)) return;
    const exit = draft || makeExit(visit);
    if (visit.draft) saveAllDrafts();
    if (exit) enqueueEntry(exit);
  };

  return {
    /** As `begin`; without consent there is no visit, only a loss to count. */
    beginVisit: (visit: Visit): string => (refused(consentState) ? track(visit.type) : begin(visit)),
    finishVisit,
    /** Closes the page before it, and opens the next; answers the entry's id. */
    openPage(metadata?: Metadata): string {
      if (refused(consentState)) return track("navigation");
      if (page) finishVisit(page);
      page = { type: "navigation", enter: "page_view", exit: "page_leave", payload: () => ({ metadata }) };
      return begin(page);
    },
    hasPage: (): boolean => !!page,
    /** The page was hidden, or shown again. */
    draftExits(): void {
      for (const visit of open) visit.draft = document.hidden ? makeExit(visit) : undefined;
      saveAllDrafts();
    },
    /** The page goes: ends all visits. */
    suspendAll(): void {
      for (const visit of open) {
        finishVisit(visit, visit.draft);
        suspended.add(visit);
      }
    },
    /** The page came back. */
    resumeAll(): void {
      suspended.forEach(begin);
      suspended.clear();
    },
    /** Consent was refused: nothing more is told of any. */
    clearAll(): void {
      open.clear();
      suspended.clear();
      page = undefined;
      saveAllDrafts();
    },
  };
}
