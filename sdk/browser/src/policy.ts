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
  /** What of the others was stored and does not count, such as whose a user is. */
  notices?: Rejection[];
}

/** A receipt; or what is wrong, and how many milliseconds to wait at least. Undefined: something in the
 *  batch is refused, and smaller ones find out what. */
export type Verdict = Receipt | undefined | { code: ErrorCode; floor: number };

/** After 401, 403, 404 and the like somebody has to mend something: keep the events, ask rarely. */
const PAUSE = 300_000;

/** The meaning of an answer to a request with `size` entries; `now` in milliseconds since 1970. */
export function judge(status: number, text: string, retryAfter: string | null, size: number, now: number): Verdict {
  // A 200 without a receipt is a captive portal's or a proxy's page: nothing says that anything was stored.
  if (status === 200) return readReceipt(text, size) || { code: "bad_receipt", floor: 0 };
  if ([400, 413, 422].includes(status)) return undefined;
  const floor = readRetryAfter(retryAfter, now);
  if (status === 408 || status > 499) return { code: "server", floor };
  if (status === 429) return { code: "throttled", floor };
  return { code: [401, 403].includes(status) ? "unauthorised" : "misconfigured", floor: Math.max(floor, PAUSE) };
}

/** The receipt for `size` entries; undefined when it is not one that accounts for all of them. */
function readReceipt(text: string, size: number): Receipt | undefined {
  try {
    const receipt = JSON.parse(text) as Receipt;
    const { accepted, duplicates, rejected } = receipt;
    const others = new Set(Array(size).keys());
    // Of anything but a whole number Array throws, or the sum is none.
    if (Array(accepted) && Array(duplicates) && rejected.every(({ index }) => others.delete(index)) && others.size === accepted + duplicates) return receipt;
  } catch {
    // Not JSON, or of another shape: no receipt.
  }
  return undefined;
}

/** Milliseconds of a `Retry-After` header, seconds or a date; 0 without one. A day at most. */
export const readRetryAfter = (value: string | null, now: number): number =>
  value ? Math.min(Math.max((+value >= 0 ? +value * 1000 : Date.parse(value) - now) || 0, 0), 864e5) : 0;

/** Exponential backoff with full jitter, in milliseconds: never under what the server asked for. */
export const backoff = (failures: number, floor: number): number =>
  floor + Math.random() * Math.min(60_000, 1000 * 2 ** failures);
