import type { Entry } from "./queue.js";
import { IDLE_MS } from "./session.js";

/** Something with a beginning and an end that are both told: a page view, or a visit to a tool. */
export interface Visit {
  /** Tracks the entry; answers its id. */
  enter(): string;
  /** The event of the exit as of now, not yet queued. Undefined where tracking is refused. */
  leave(): Entry | undefined;
  /** The exit as of the moment the page was last hidden. */
  draft?: Entry | undefined;
}

/**
 * Keeps exits from being lost or doubled. While the page is hidden the exits stand ready in storage as
 * drafts: mobile browsers kill hidden pages without a word, and then another page sends them. A visit
 * whose page is closed while hidden, or stays hidden as long as ends a session, ended when it was hidden.
 */
export function createVisits(options: {
  now(): number;
  put(entry: Entry): void;
  keep(entry: Entry): void;
  forget(entry: Entry): void;
  isKept(entry: Entry): boolean;
}) {
  const { now, put, keep, forget, isKept } = options;
  const open = new Set<Visit>();
  let suspended: Visit[] = [];
  let hiddenAt = 0;

  const drop = (visit: Visit): void => {
    if (visit.draft) forget(visit.draft);
    visit.draft = undefined;
  };
  const start = (visit: Visit): string => {
    open.add(visit);
    return visit.enter();
  };
  /** Ends a visit, as of now or, where it is hidden, as of then. */
  const end = (visit: Visit, asOfNow?: boolean): void => {
    suspended = suspended.filter((other) => other !== visit);
    if (!open.delete(visit)) return;
    const entry = (!asOfNow && visit.draft) || visit.leave();
    drop(visit);
    if (entry) put(entry);
  };

  return {
    start,
    end,
    hide(): void {
      hiddenAt = now();
      for (const visit of open) {
        drop(visit);
        visit.draft = visit.leave();
        if (visit.draft) keep(visit.draft);
      }
    },
    show(): void {
      for (const visit of [...open]) {
        const { draft } = visit;
        if (!draft) continue;
        const taken = !isKept(draft);
        if (!taken && now() - hiddenAt < IDLE_MS) drop(visit);
        else {
          if (taken) {
            open.delete(visit);
            visit.draft = undefined;
          } else end(visit);
          start(visit);
        }
      }
    },
    /** The page goes: ends all visits, to be entered anew if it comes back. */
    suspend(): void {
      const all = [...open];
      for (const visit of all) end(visit);
      suspended = all;
    },
    resume(): void {
      const all = suspended;
      suspended = [];
      for (const visit of all) start(visit);
    },
    clear(): void {
      for (const visit of open) drop(visit);
      open.clear();
      suspended = [];
    },
  };
}
