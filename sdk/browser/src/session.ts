export const IDLE_MS = 30 * 60_000;
export const LONGEST_MS = 24 * 3_600_000;

/** Id, start and last event (milliseconds since 1970). In storage, where other tabs read it, joined by dots. */
export type Session = [id?: string, started?: number, last?: number];

/** Whether an event at `now` goes on with a session. A clock set back does not end one. */
export const goesOn = ([, started, last]: Session, now: number): boolean => now - last! <= IDLE_MS && now - started! < LONGEST_MS;
