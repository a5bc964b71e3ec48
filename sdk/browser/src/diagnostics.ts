import type { DropReason, ErrorCode, Stats, TrackerOptions } from "./types.js";

export type Diagnostics = ReturnType<typeof createDiagnostics>;

/** What the site is told of the tracker: counters, problems, losses and deliveries. */
export function createDiagnostics({ onError, onDrop }: Pick<TrackerOptions, "onError" | "onDrop">) {
  /** `queued` is worked out when somebody asks. */
  const stats: Stats = { captured: 0, delivered: 0, duplicates: 0, rejected: 0, dropped: {}, queued: 0, errors: 0, persistent: true };
  const subscribers = new Set<() => void>();

  const fail = (code: ErrorCode, message: string, eventId?: string): void => {
    stats.errors++;
    try {
      onError?.({ code, message, eventId });
    } catch {
      // There is nobody left to tell.
    }
  };

  /** Around what the site and the browser call, and the site's callbacks: nothing may come out but a result. */
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

  return {
    stats,
    fail,
    guard,
    /** So many events are lost. */
    countDrop(count: number, reason: DropReason): void {
      if (!count) return;
      stats.dropped[reason] = (stats.dropped[reason] || 0) + count;
      guard(() => onDrop?.(count, reason))();
    },
    /** The server has stored something. */
    tellSubscribers: (): void => subscribers.forEach((subscriber) => guard(subscriber)()),
    subscribe(subscriber: () => void): () => void {
      subscribers.add(subscriber);
      return () => subscribers.delete(subscriber);
    },
  };
}
