import type { Tracker } from "@milepost/browser";

/** What a widget knows of one thing it reads. What was read stays while a later read fails. */
export interface Reading<T> {
  /** `empty`: nothing is known of this customer yet, or there is no token. `failed`: it could not be read; it is
   *  tried again by itself. */
  status: "loading" | "ready" | "empty" | "failed";
  data: T | null;
}

/** How long after a delivery something is read again. */
export interface Timing {
  after: number;
  /** A second look, where the first found nothing new. */
  again?: number | undefined;
}

/** What the server works out when it is asked: it counts in the commit that stores. */
export const LIVE: Timing = { after: 150 };
/** What the server settles after a commit, within about a second. */
export const SETTLED: Timing = { after: 1500, again: 4000 };

const FIRST_MS = 150;
const EVERY_MS = 60_000;
/** Between the beginnings of two reads, whatever asks for them. */
const GAP_MS = 1000;

export const LOADING: Reading<never> = { status: "loading", data: null };

/** Reads one thing for all widgets of a tracker while somebody listens: at once, after each delivery, when the page
 *  is looked at, and every minute while it is. Several reasons in a row are one read. */
export class Source<T> {
  private reading: Reading<T> = LOADING;
  private text = "";
  private readonly listeners = new Set<() => void>();
  private stop: (() => void) | undefined;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private due = Infinity;
  private began = -Infinity;
  private busy = false;
  private second: number | undefined;
  /** Rises when what is read belongs to somebody else. */
  private epoch = 0;

  /** `load`: null where nothing is known; it throws what a failed read says. */
  constructor(
    private readonly tracker: Tracker,
    private readonly load: (tracker: Tracker, before: T | null) => Promise<T | null>,
    private readonly timing: Timing,
  ) {}

  readonly current = (): Reading<T> => this.reading;

  readonly listen = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    if (this.stop === undefined) {
      this.stop = this.start();
      this.soon(FIRST_MS);
    }
    return () => {
      this.listeners.delete(listener);
      if (this.listeners.size > 0) return;
      this.stop?.();
      this.stop = undefined;
    };
  };

  /** Reads within so many milliseconds, while somebody listens. */
  readonly soon = (ms: number): void => {
    if (this.stop === undefined) return;
    const now = Date.now();
    const at = Math.max(now + ms, this.began + GAP_MS);
    if (at >= this.due) return;
    clearTimeout(this.timer);
    this.due = at;
    this.timer = setTimeout(() => {
      this.due = Infinity;
      // Who looks at the page again is told then.
      if (document.visibilityState !== "hidden") void this.read();
    }, at - now);
  };

  /** What the server answered to a change: as if it had been read. */
  put(data: T): void {
    this.epoch += 1; // what is on its way is older
    this.tell({ status: "ready", data });
  }

  /** Forgets what was read: it was another customer's. */
  restart(): void {
    this.epoch += 1;
    this.began = -Infinity;
    this.tell(LOADING);
    this.soon(0);
  }

  private start(): () => void {
    const delivered = (): void => {
      const { after, again } = this.timing;
      this.second = again === undefined ? undefined : again - after;
      this.soon(after);
    };
    const seen = (): void => {
      if (document.visibilityState === "visible") this.soon(FIRST_MS);
    };
    const unsubscribe = this.tracker.subscribe(delivered);
    window.addEventListener("focus", seen);
    document.addEventListener("visibilitychange", seen);
    return () => {
      unsubscribe();
      window.removeEventListener("focus", seen);
      document.removeEventListener("visibilitychange", seen);
      clearTimeout(this.timer);
      this.due = Infinity;
    };
  }

  private async read(): Promise<void> {
    if (this.busy) return this.soon(GAP_MS);
    this.busy = true;
    this.began = Date.now();
    const { epoch, second } = this;
    this.second = undefined;
    const found = await this.load(this.tracker, this.reading.data).then(
      (data): Reading<T> => ({ status: data === null ? "empty" : "ready", data }),
      (error: unknown): Reading<T> => {
        if (error === "token") return { status: "empty", data: null };
        return this.reading.data === null ? { status: "failed", data: null } : this.reading;
      },
    );
    this.busy = false;
    if (epoch !== this.epoch) return this.soon(0);
    const news = this.tell(found);
    if (!news && second !== undefined) this.soon(second);
    else this.soon(EVERY_MS);
  }

  /** Answers whether it is anything new. */
  private tell(found: Reading<T>): boolean {
    const text = JSON.stringify(found);
    if (text === this.text) return false;
    this.text = text;
    this.reading = found;
    for (const listener of this.listeners) listener();
    return true;
  }
}

const sources = new WeakMap<Tracker, Map<string, Source<unknown>>>();

/** The tracker's one source of that name. */
export function sourceOf<T>(tracker: Tracker, name: string, make: () => Source<T>): Source<T> {
  let all = sources.get(tracker);
  if (all === undefined) sources.set(tracker, (all = new Map()));
  let found = all.get(name) as Source<T> | undefined;
  if (found === undefined) all.set(name, (found = make()) as Source<unknown>);
  return found;
}

/** The token is another: what was read with the one before is no longer shown, unless it is the `same` customer's. */
export function restart(tracker: Tracker, same: boolean): void {
  for (const source of sources.get(tracker)?.values() ?? []) {
    if (same) source.soon(0);
    else source.restart();
  }
}

/** The server's own words for what is wrong, and the field they are about. */
export class Refusal extends Error {
  constructor(
    readonly status: number,
    message: string,
    readonly field: string | null,
  ) {
    super(message);
  }
}

/** What `/v1/me/{path}` answers: null where nothing is known. Throws a Refusal, "token", or what `fetch` throws. */
export async function ask<T>(tracker: Tracker, path: string, init?: RequestInit): Promise<T | null> {
  const answer = await tracker.fetch(path, init);
  if (answer.ok) return (await answer.json()) as T;
  if (answer.status === 404) return null;
  const said = (await answer.json().catch(() => ({}))) as { message?: unknown; field?: unknown };
  const message = typeof said.message === "string" ? said.message : `The server answered ${answer.status}.`;
  throw new Refusal(answer.status, message, typeof said.field === "string" ? said.field : null);
}
