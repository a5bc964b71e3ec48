import { useCallback, useContext, useEffect, useMemo, useRef, useSyncExternalStore } from "react";
import type { Recommendation, Tracker } from "@milepost/browser";
import { ScalingContext, useTracker } from "./context.js";
import { fieldsOf } from "./fields.js";
import { recommendationsOf, useRecommended } from "./reading.js";
import { shared } from "./shared.js";
import { SETTLED, type Reading } from "./source.js";

/** What a customer can say of a recommendation. */
export type Said = "accepted" | "dismissed" | "done";

/** What became of an answer that the server does not show yet. `held`: it can still be taken back. `waiting`: the
 *  tracker keeps it until it can be sent. `failed`: it was taken back, and `problem` says why. */
export interface Answer {
  said: Said;
  stage: "held" | "sent" | "waiting" | "failed";
  problem?: string | undefined;
}

export interface Recommended extends Recommendation {
  answer: Answer | undefined;
}

export interface RecommendationsReading extends Reading<Recommended[]> {
  /** Tells the server at once; "dismissed", which is for good, after a while in which `undo` takes it back. */
  say(recommendation: Recommendation, said: Said): void;
  undo(recommendation: Recommendation): void;
  /** The customer saw it: once for each recommendation and page. */
  shown(recommendation: Recommendation): void;
}

/** How long "dismissed" can be taken back: the server never asks again. */
export const UNDO_MS = 8000;
const OFF = "Not saved, because tracking is turned off in this browser.";
const REFUSED = "That could not be saved. Please try again.";

/** How far along the server is: what is further than an answer needs none. */
const FAR: Record<Recommendation["state"], number> = { made: 0, shown: 1, accepted: 2, dismissed: 3, done: 3, expired: 3 };

/** What was said in this page and the server does not show yet, for all widgets of a tracker. */
class Answers {
  private all: ReadonlyMap<string, Answer> = new Map();
  /** Done ones stay to be seen while the page lives, though the server lists open ones alone. */
  readonly done = new Map<string, Recommendation>();
  private readonly held = new Map<string, { timer: ReturnType<typeof setTimeout>; send: () => void }>();
  private readonly listeners = new Set<() => void>();

  readonly current = (): ReadonlyMap<string, Answer> => this.all;

  readonly listen = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    if (this.listeners.size === 1) {
      document.addEventListener("visibilitychange", this.hidden);
      window.addEventListener("pagehide", this.sendHeld);
    }
    return () => {
      this.listeners.delete(listener);
      if (this.listeners.size > 0) return;
      document.removeEventListener("visibilitychange", this.hidden);
      window.removeEventListener("pagehide", this.sendHeld);
      this.sendHeld();
    };
  };

  set(id: string, answer: Answer | undefined): void {
    const all = new Map(this.all);
    if (answer === undefined) all.delete(id);
    else all.set(id, answer);
    this.all = all;
    for (const listener of this.listeners) listener();
  }

  /** It was another customer's. */
  forget(): void {
    for (const { timer } of this.held.values()) clearTimeout(timer);
    this.held.clear();
    this.done.clear();
    this.all = new Map();
  }

  hold(id: string, send: () => void): void {
    this.release(id);
    const timer = setTimeout(() => this.commit(id), UNDO_MS);
    this.held.set(id, { timer, send });
    this.set(id, { said: "dismissed", stage: "held" });
  }

  /** Takes back what is still held. */
  release(id: string): boolean {
    const held = this.held.get(id);
    if (held === undefined) return false;
    clearTimeout(held.timer);
    this.held.delete(id);
    this.set(id, undefined);
    return true;
  }

  private readonly hidden = (): void => {
    if (document.visibilityState === "hidden") this.sendHeld();
  };

  /** Nobody is there any more who could take it back. */
  private readonly sendHeld = (): void => {
    for (const id of [...this.held.keys()]) this.commit(id);
  };

  private commit(id: string): void {
    const held = this.held.get(id);
    if (held === undefined) return;
    clearTimeout(held.timer);
    this.held.delete(id);
    held.send();
  }
}

const answersOf = new WeakMap<Tracker, Answers>();

function answers(tracker: Tracker): Answers {
  let found = answersOf.get(tracker);
  if (found === undefined) answersOf.set(tracker, (found = new Answers()));
  return found;
}

export const forget = (tracker: Tracker): void => answersOf.get(tracker)?.forget();

const NOTHING: ReadonlyMap<string, Answer> = new Map();

/** What the server recommends, with what the customer said of it in this page and the server has yet to show. */
export function useRecommendations(): RecommendationsReading {
  const tracker = useTracker();
  const scaling = useContext(ScalingContext);
  const known = useRef(scaling);
  useEffect(() => {
    known.current = scaling;
  });
  const { status, data } = useRecommended();
  const listen = useCallback((listener: () => void) => answers(tracker).listen(listener), [tracker]);
  const said = useSyncExternalStore(listen, () => answers(tracker).current(), () => NOTHING);
  const customerId = data?.customer_id;
  const actions = useMemo(() => {
    const track = ({ recommendation_id }: Recommendation, word: Said | "shown"): void => {
      // Of no tool and no competency: saying that one will do something is not doing it. The customer is the one
      // the recommendation is for, whoever the tracker is told of.
      tracker.track(word === "accepted" || word === "done" ? "professional_action" : "content_interaction", {
        ...fieldsOf({ customerId }, known.current),
        metadata: { recommendation_id, recommendation: word },
      });
    };
    return {
      say: (recommendation: Recommendation, word: Said): void => {
        const id = recommendation.recommendation_id;
        const send = (): void => void deliver(tracker, recommendation, word, () => track(recommendation, word));
        if (word === "dismissed") return answers(tracker).hold(id, send);
        answers(tracker).release(id);
        send();
      },
      undo: (recommendation: Recommendation): void => {
        answers(tracker).release(recommendation.recommendation_id);
      },
      shown: (recommendation: Recommendation): void => {
        if (seen().first(recommendation.recommendation_id)) track(recommendation, "shown");
      },
    };
  }, [tracker, customerId]);
  return useMemo(() => {
    const items = data?.items ?? [];
    const ended = [...answers(tracker).done.values()].filter(
      (one) => !items.some(({ recommendation_id }) => recommendation_id === one.recommendation_id),
    );
    const all = [...items, ...ended].map((one) => answered(one, said.get(one.recommendation_id)));
    return { status, data: data && all, ...actions };
  }, [status, data, said, actions, tracker]);
}

function answered(recommendation: Recommendation, answer: Answer | undefined): Recommended {
  if (answer === undefined || answer.stage === "failed") return { ...recommendation, answer };
  if (FAR[recommendation.state] >= FAR[answer.said]) return { ...recommendation, answer: undefined };
  return { ...recommendation, state: answer.said, answer };
}

/** Shows the answer as given, tracks it, and takes it back where the tracker will not have it. */
async function deliver(tracker: Tracker, recommendation: Recommendation, said: Said, track: () => void): Promise<void> {
  const id = recommendation.recommendation_id;
  const all = answers(tracker);
  const before = tracker.stats();
  track();
  const { consent = 0, invalid = 0 } = tracker.stats().dropped;
  // What the tracker refuses goes no other way either.
  if (consent > (before.dropped.consent ?? 0)) return all.set(id, { said, stage: "failed", problem: OFF });
  if (invalid > (before.dropped.invalid ?? 0)) return all.set(id, { said, stage: "failed", problem: REFUSED });
  if (said === "done") all.done.set(id, { ...recommendation, state: "done" });
  all.set(id, { said, stage: "sent" });
  await tracker.flush();
  if (tracker.stats().rejected > before.rejected) {
    all.done.delete(id);
    all.set(id, { said, stage: "failed", problem: REFUSED });
  } else if (tracker.stats().queued > 0) all.set(id, { said, stage: "waiting" });
  recommendationsOf(tracker).soon(SETTLED.after);
}

/** Which recommendations were shown on this page, for all widgets and copies of this package. */
class Seen {
  private page = "";
  private readonly ids = new Set<string>();

  first(id: string): boolean {
    // As the tracker tells pages apart.
    const page = location.pathname + (/^#[/!].*/.exec(location.hash)?.[0] ?? "");
    if (page !== this.page) this.ids.clear();
    this.page = page;
    if (this.ids.has(id)) return false;
    this.ids.add(id);
    return true;
  }
}
const seen = (): Seen => shared("shown", () => new Seen());
