import type { Entry } from "./queue.js";

/** Something with a beginning and an end that are both told: a page view, or a visit to a tool. */
export interface Visit {
  /** Tracks the entry; answers its id. */
  enter(): string;
  /** The event of the exit as of now, not yet queued; undefined where it cannot be made. A visit has one
   *  exit, with one id, however often it is asked for. */
  leave(): Entry | undefined;
  /** The exit as of the moment the page was last hidden. */
  draft?: Entry | undefined;
}

/**
 * Keeps exits from being lost or doubled. While the page is hidden they stand ready in storage as drafts:
 * mobile browsers kill hidden pages without a word, and then another page sends them. A visit whose page
 * is closed while hidden ended when it was hidden.
 */
export function createVisits(put: (entry: Entry) => void, keep: (drafts: Entry[]) => void) {
  const open = new Set<Visit>();
  const suspended = new Set<Visit>();

  const keepDrafts = (): void => keep([...open].flatMap(({ draft }) => draft || []));
  const begin = (visit: Visit): string => {
    visit.draft = undefined;
    open.add(visit);
    return visit.enter();
  };
  const finish = (visit: Visit, draft?: Entry): void => {
    suspended.delete(visit);
    if (!open.delete(visit)) return;
    const entry = draft || visit.leave();
    if (visit.draft) keepDrafts();
    if (entry) put(entry);
  };

  return {
    begin,
    /** Ends a visit as of now. */
    finish,
    /** The page goes: ends all visits, to be entered anew if it comes back. */
    suspend(): void {
      for (const visit of open) {
        finish(visit, visit.draft);
        suspended.add(visit);
      }
    },
    resume(): void {
      suspended.forEach(begin);
      suspended.clear();
    },
    /** The page was hidden, or shown again. */
    turn(hidden: boolean): void {
      for (const visit of open) visit.draft = hidden ? visit.leave() : undefined;
      keepDrafts();
    },
    abandon(): void {
      open.clear();
      suspended.clear();
      keepDrafts();
    },
  };
}
