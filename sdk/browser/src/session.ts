import { readItem, removeItem, writeItem, type Store } from "./store.js";
import { uuid7 } from "./uuid7.js";

export const IDLE_MS = 30 * 60_000;
export const LONGEST_MS = 24 * 3_600_000;

/** In storage, where a browser's tabs share it, the three are joined by dots. Times in milliseconds since 1970. */
export interface Session {
  readonly id: string;
  readonly startedAt: number;
  /** The time of its last event. */
  lastAt: number;
}

/** With times that are no numbers, no event goes on. */
const NONE: Session = { id: "", startedAt: NaN, lastAt: NaN };

/** The session as this page knows it. */
export interface SessionState {
  current: Session;
  /** Storage does not have it as it is here. */
  unsaved: boolean;
}

export const newSessionState = (): SessionState => ({ current: NONE, unsaved: false });

/** Whether an event at `at` goes on with a session. A clock set back does not end one. */
const goesOn = ({ startedAt, lastAt }: Session, at: number): boolean => at - lastAt <= IDLE_MS && at - startedAt < LONGEST_MS;

/** Of garbage come times that are no numbers. */
function readSession(store: Store): Session {
  const [id, startedAt, lastAt] = (readItem(store, "session") || "").split(".");
  return { id: id!, startedAt: +startedAt!, lastAt: +lastAt! };
}

export function saveSession(state: SessionState, store: Store): void {
  const { id, startedAt, lastAt } = state.current;
  state.unsaved = !writeItem(store, "session", `${id}.${startedAt}.${lastAt}`);
}

/** The session that an event at `at` belongs to: this page's, else the one another tab went on with or began,
 *  else a new one. */
export function sessionAt(state: SessionState, store: Store, at: number): Session {
  if (!goesOn(state.current, at)) state.current = readSession(store);
  if (!goesOn(state.current, at)) {
    state.current = { id: uuid7(at), startedAt: at, lastAt: at };
    saveSession(state, store); // at once: tabs may open together
  }
  state.current.lastAt = Math.max(state.current.lastAt, at);
  state.unsaved = true;
  return state.current;
}

export const forgetSession = (state: SessionState): unknown => Object.assign(state, newSessionState());

/** The next event begins a new one, in all tabs. */
export function endSession(state: SessionState, store: Store): void {
  forgetSession(state);
  removeItem(store, "session");
}
