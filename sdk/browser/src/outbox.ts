import { granted } from "./consent.js";
import type { Diagnostics } from "./diagnostics.js";
import { here } from "./env.js";
import { createLeases } from "./lease.js";
import type { Receipt, Rejection } from "./policy.js";
import { bound, HIGH, take, type Entry } from "./queue.js";
import { createSender } from "./sender.js";
import { saveSession } from "./session.js";
import type { Settings } from "./settings.js";
import { createSpool } from "./spool.js";
import type { State } from "./state.js";
import type { DropReason, ErrorCode } from "./types.js";
import { uuid7 } from "./uuid7.js";

/** Milliseconds that entries may wait in memory for others, to be saved together: each write to storage costs
 *  more than all the rest of an event. */
const GATHER = 100;

/** When the queue is to be saved. */
const NOT_DUE = 0;
const SOON = 1;
const AT_ONCE = 2; // when the task that runs is done

export type Outbox = ReturnType<typeof createOutbox>;

/** The way of an entry from capture to its receipt: into the queue; with others, to storage and the network; out of
 *  both. */
export function createOutbox(settings: Settings, diagnostics: Diagnostics, { consentState, store, sessionState }: State) {
  const { clock, maxQueue, flushAt, flushInterval } = settings;
  const { stats, fail, countDrop, guard } = diagnostics;
  const queue: Entry[] = []; // in order of capture
  const me = uuid7(clock.now()); // this page, for other tabs
  const leases = createLeases(me, store, queue, clock, here ? navigator.locks : undefined);
  const spool = createSpool(me, store, leases, queue);
  let due = NOT_DUE;

  /** Whether anything may be saved and sent. If so, this page says that it does that itself. */
  const ready = (): boolean => {
    if (!granted(consentState)) return false;
    leases.holdOwn();
    return true;
  };
  const received = (batch: Entry[], { accepted, duplicates, rejected, notices = [] }: Receipt): void => {
    take(queue, batch);
    batch.forEach(spool.unspool);
    stats.delivered += accepted;
    stats.duplicates += duplicates;
    stats.rejected += rejected.length;
    const tell = (as: ErrorCode, told: Rejection[]): void =>
      told.forEach(({ index, code, message }) => fail(as, code + ": " + message, batch[index]?.id));
    tell("rejected", rejected);
    tell("notice", notices);
    countDrop(rejected.length, "rejected");
    spool.saveQueue();
    if (!queue[0]) leases.releaseOwn();
    if (accepted) diagnostics.tellSubscribers();
  };
  const { schedule, attempt, beacon, abortAll } = createSender(settings, diagnostics, queue, ready, received);

  /** Once per burst of entries: they reach storage together, and what is urgent the network. */
  const flush = guard((): void => {
    due = NOT_DUE;
    if (!ready()) return;
    if (sessionState.unsaved) saveSession(sessionState, store);
    if (!queue[0]) return; // all sent: that says nothing of storage
    const saved = spool.saveQueue();
    if (!saved && stats.persistent) fail("spool_unavailable", "full");
    stats.persistent = saved;
    if (queue.length >= flushAt || queue.some(({ priority }) => priority >= HIGH)) attempt();
    else schedule(flushInterval);
  });

  /** These have left the queue undelivered: by default, what it has no room for. */
  const giveUp = (lost = bound(queue, maxQueue), reason: DropReason = "queue_full"): void => {
    lost.forEach(spool.unspool);
    countDrop(lost.length, reason);
  };

  /** Takes over from pages that are gone, and goes on looking while others that live have anything. */
  const takeOver = async (): Promise<void> => {
    if (!granted(consentState)) return;
    const left = await spool.takeOver(() => {
      giveUp();
      flush();
      attempt();
    });
    if (left) clock.setTimeout(takeOver, flushInterval);
  };

  return {
    attempt,
    flush,
    takeOver,
    saveDrafts: spool.saveDrafts,
    queueLength: (): number => queue.length,

    enqueueEntry(entry: Entry): void {
      queue.push(entry);
      giveUp();
      // A hidden tab's timers may wait a minute, and it may be killed any time.
      const haste = entry.priority >= HIGH || document.hidden ? AT_ONCE : SOON;
      if (haste <= due) return;
      due = haste;
      if (haste === AT_ONCE) queueMicrotask(flush);
      else clock.setTimeout(flush, GATHER);
    },

    /** The page may be gone any time from now. */
    flushByBeacon(): void {
      flush();
      beacon();
    },
    leavePage: leases.leaveOwn,
    /** The page came back. */
    comeBack: leases.releaseOwn,

    /** Consent was refused: what waits is given up, also in storage, and what is on its way is called back. */
    clear(): void {
      abortAll();
      giveUp(queue.splice(0), "consent");
      leases.releaseOwn();
      spool.saveQueue();
    },
  };
}
