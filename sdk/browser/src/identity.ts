import { readItem, writeItem, type Store } from "./store.js";
import type { TrackerContext } from "./types.js";
import { uuid7 } from "./uuid7.js";
import { isField, snake, type Fields } from "./words.js";

/** The name in storage of the anonymous id. That it was removed tells the other tabs that consent is refused. */
export const ANONYMOUS_ID = "anon";

/** Who the user is, and what else goes with every event. */
export interface Identity {
  /** Fields of an event, by their names there. */
  context: Fields;
  /** The customer's, for reading. */
  token?: string | undefined;
  /** This browser's own id. The context may name another one, which goes before it. */
  browserId?: string | undefined;
}

export function setContext(identity: Identity, given: TrackerContext): void {
  for (const [key, value] of Object.entries(given)) {
    const name = snake(key);
    if (name === "token") identity.token = value as string;
    else if (isField(name)) identity.context[name] = value || undefined;
  }
}

/** Writes the browser's id down, once there is one. */
export const saveBrowserId = ({ browserId }: Identity, store: Store): unknown =>
  browserId && writeItem(store, ANONYMOUS_ID, browserId);

/** The anonymous id of an event at `at`. */
export function anonymousId(identity: Identity, store: Store, at: number): unknown {
  // Also where the context names one: the other tabs watch it.
  if (!identity.browserId) {
    identity.browserId = readItem(store, ANONYMOUS_ID) || uuid7(at);
    saveBrowserId(identity, store);
  }
  return identity.context.anonymous_id || identity.browserId;
}

/** Consent was refused: whoever is tracked later is somebody new. */
export const forgetBrowserId = (identity: Identity): void => (identity.browserId = undefined);

/** Signed out: nothing of who it was stays. */
export function resetIdentity(identity: Identity, store: Store, at: number): void {
  identity.token = undefined;
  identity.context = {};
  identity.browserId = uuid7(at);
  saveBrowserId(identity, store);
}
