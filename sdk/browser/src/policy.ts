import type { ErrorCode } from "./types.js";

export interface Rejection {
  index: number;
  code: string;
  message: string;
}
export interface Receipt {
  accepted: number;
  duplicates: number;
  rejected: Rejection[];
}

/** What to do with a batch: `halve` where something in it is refused, so that smaller ones find out what;
 *  `retry` later, with `floor` milliseconds at least. */
export type Verdict =
  | { move: "done"; receipt: Receipt }
  | { move: "halve"; code: ErrorCode }
  | { move: "retry"; code: ErrorCode; floor: number };

/** After 401, 403, 404 and the like somebody has to mend something: keep the events, ask rarely. */
const PAUSE = 300_000;

/** The meaning of an answer to a request with `size` entries; `now` in milliseconds since 1970. */
export function judge(status: number, body: string, retryAfter: string | null, kind: 0 | 1, size: number, now: number): Verdict {
  if (status === 200) {
    const receipt = readReceipt(body, kind, size);
    // Without one it is a captive portal or a proxy's page: nothing says that anything was stored.
    return receipt ? { move: "done", receipt } : { move: "retry", code: "bad_receipt", floor: 0 };
  }
  if (status === 400 || status === 413 || status === 422) return { move: "halve", code: "rejected" };
  const floor = readRetryAfter(retryAfter, now);
  if (status === 429) return { move: "retry", code: "throttled", floor };
  if (status === 408 || status >= 500) return { move: "retry", code: "server", floor };
  const refused = status === 401 || status === 403;
  return { move: "retry", code: refused ? "unauthorised" : "misconfigured", floor: Math.max(floor, PAUSE) };
}

/** The receipt for `size` entries; undefined when it is not one that accounts for all of them. */
function readReceipt(body: string, kind: 0 | 1, size: number): Receipt | undefined {
  try {
    const { accepted, duplicates, rejected, success } = JSON.parse(body) as Receipt & { success?: boolean };
    const places = new Set(rejected.map((one) => one.index));
    const whole = accepted + duplicates + rejected.length === size && places.size === rejected.length;
    if (whole && (!kind || success) && [...places].every((place) => place >= 0 && place < size))
      return { accepted, duplicates, rejected };
  } catch {
    // Not JSON, or of another shape: no receipt.
  }
  return undefined;
}

/** Milliseconds of a `Retry-After` header, seconds or a date; 0 without one. A day at most. */
export function readRetryAfter(value: string | null, now: number): number {
  if (!value) return 0;
  const ms = /^\s*[\d.]+\s*$/.test(value) ? +value * 1000 : Date.parse(value) - now;
  return Math.min(Math.max(ms || 0, 0), 86_400_000);
}

/** Exponential backoff with full jitter, in milliseconds: never under what the server asked for. */
export const backoff = (failures: number, floor: number, random = Math.random): number =>
  floor + random() * Math.min(60_000, 1000 * 2 ** failures);
