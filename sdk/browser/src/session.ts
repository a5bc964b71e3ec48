export const IDLE_MS = 30 * 60_000;
export const LONGEST_MS = 24 * 3_600_000;

export interface Session {
  id: string;
  started: number;
  last: number;
}

/** The session of an event at `now` (milliseconds since 1970), given the one before. A clock set back does
 *  not end a session. */
export function touch(before: Session | undefined, now: number, newId: (at: number) => string): Session {
  if (before && now - before.last <= IDLE_MS && now - before.started < LONGEST_MS)
    return { ...before, last: Math.max(before.last, now) };
  return { id: newId(now), started: now, last: now };
}

/** As it stands in storage, `id.started.last`: other tabs read it too. */
export const writeSession = ({ id, started, last }: Session): string => [id, started, last].join(".");

export function readSession(text: string | null): Session | undefined {
  const [id, started, last] = (text || "").split(".");
  return id && +started! && +last! ? { id, started: +started!, last: +last! } : undefined;
}
