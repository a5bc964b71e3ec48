import { here } from "./env.js";
import type { Consent, TrackerOptions } from "./types.js";

/** What the tracker may do. lifecycle.ts says what follows from a change. */
export interface ConsentState {
  /** `ended`: it was closed, or there is no page; it does nothing and counts nothing. */
  status: Consent | "ended";
  readonly respectSignals: boolean;
}

/** Whether Do Not Track or Global Privacy Control is set, and counts. */
export const signalled = ({ respectSignals }: Pick<ConsentState, "respectSignals">): boolean =>
  respectSignals &&
  (navigator.doNotTrack === "1" || !!(navigator as { globalPrivacyControl?: boolean }).globalPrivacyControl);

export function readConsentState({ consent, respectSignals }: TrackerOptions): ConsentState {
  const consentState: ConsentState = { status: consent || "granted", respectSignals: respectSignals !== false };
  if (!here) consentState.status = "ended";
  else if (signalled(consentState)) consentState.status = "denied";
  return consentState;
}

/** Events may be stored and sent. */
export const granted = ({ status }: ConsentState): boolean => status === "granted";

/** Events may not even wait in memory. A word that is no consent is none given. */
export const refused = ({ status }: ConsentState): boolean => status !== "granted" && status !== "pending";
