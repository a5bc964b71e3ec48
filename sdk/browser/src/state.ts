import { newAttention, type Attention } from "./attention.js";
import { readConsentState, type ConsentState } from "./consent.js";
import type { Identity } from "./identity.js";
import { newSessionState, type SessionState } from "./session.js";
import type { Settings } from "./settings.js";
import { openStore, type Store } from "./store.js";
import type { TrackerOptions } from "./types.js";

/** What a tracker knows, as plain data. Each piece is changed by the functions of its own module alone, but for the
 *  consent's status, which is lifecycle.ts's. */
export interface State {
  readonly consentState: ConsentState;
  readonly store: Store;
  readonly identity: Identity;
  readonly sessionState: SessionState;
  readonly attention: Attention;
}

export function newState(options: TrackerOptions, { prefix, elapsed }: Settings): State {
  const consentState = readConsentState(options);
  return {
    consentState,
    store: openStore(options, prefix, consentState),
    identity: { context: {} },
    sessionState: newSessionState(),
    attention: newAttention(elapsed),
  };
}
