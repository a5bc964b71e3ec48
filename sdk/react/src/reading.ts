import { useCallback, useSyncExternalStore } from "react";
import type { Insights, StoredEvent, Tracker } from "@milepost/browser";
import { useTracker } from "./context.js";

/** What the widgets know of the customer; what was read stays while a later read fails. */
export interface Standing {
  /** `empty`: read, and there is nothing yet, or it may not be read (the tracker's `onError` says which). */
  status: "loading" | "ready" | "empty";
  insights: Insights | null;
  /** The newest 500 events of type `competency_milestone`, newest first. */
  milestones: StoredEvent[];
}

const LOADING: Standing = { status: "loading", insights: null, milestones: [] };
/** The most the server answers at once; milestones are rare, and other events do not count. */
const MILESTONES = "500&event_type=competency_milestone";
/** The server counts in the commit that stores; several deliveries in a row are one read. */
const SETTLE_MS = 150;

/** One reader per tracker: three widgets on a page read once. It reads while somebody listens. */
class Reader {
  private standing = LOADING;
  private readonly listeners = new Set<() => void>();
  private stop: (() => void) | undefined;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private reading = false;
  private again = false;
  /** How many milestones there were when they were last listed. */
  private listed = 0;

  constructor(private readonly tracker: Tracker) {}

  readonly current = (): Standing => this.standing;

  listen(listener: () => void): () => void {
    this.listeners.add(listener);
    this.stop ??= this.start();
    return () => {
      this.listeners.delete(listener);
      if (this.listeners.size > 0) return;
      this.stop?.();
      this.stop = undefined;
    };
  }

  private start(): () => void {
    const soon = (): void => {
      this.timer ??= setTimeout(() => {
        this.timer = undefined;
        void this.read();
      }, SETTLE_MS);
    };
    const seen = (): void => {
      if (document.visibilityState === "visible") soon();
    };
    const unsubscribe = this.tracker.subscribe(soon);
    window.addEventListener("focus", seen);
    document.addEventListener("visibilitychange", seen);
    soon();
    return () => {
      unsubscribe();
      window.removeEventListener("focus", seen);
      document.removeEventListener("visibilitychange", seen);
      clearTimeout(this.timer);
      this.timer = undefined;
    };
  }

  private async read(): Promise<void> {
    if (this.reading) {
      this.again = true;
      return;
    }
    this.reading = true;
    do {
      this.again = false;
      const before = this.standing.insights;
      const insights = await this.tracker.getInsights();
      let { milestones } = this.standing;
      const total = insights?.total_milestones ?? this.listed;
      if (total !== this.listed) {
        const found = await this.tracker.getRecentEvents(MILESTONES);
        // None, though there are some: they could not be read, and what was known stays.
        if (found.length > 0 || total === 0) {
          milestones = found;
          this.listed = total;
        }
      }
      const known = insights ?? before;
      this.standing = { status: known === null ? "empty" : "ready", insights: known, milestones };
      for (const listener of this.listeners) listener();
    } while (this.again);
    this.reading = false;
  }
}

const readers = new WeakMap<Tracker, Reader>();

function reader(tracker: Tracker): Reader {
  let found = readers.get(tracker);
  if (found === undefined) {
    found = new Reader(tracker);
    readers.set(tracker, found);
  }
  return found;
}

/** The customer's standing: read at mount, after each delivery and when the page is looked at again. */
export function useStanding(): Standing {
  const tracker = useTracker();
  const listen = useCallback((listener: () => void) => reader(tracker).listen(listener), [tracker]);
  return useSyncExternalStore(listen, () => reader(tracker).current(), () => LOADING);
}
