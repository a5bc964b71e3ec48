export const IDLE_MS = 30 * 60_000;
export const LONGEST_MS = 24 * 3_600_000;

/** The session of an event at `now` (milliseconds since 1970), given the one before: id, start and last
 *  event, joined by dots as they stand in storage, where other tabs read them. A clock set back does not
 *  end a session. */
export function touch(before: string | null | undefined, now: number, newId: (at: number) => string): string {
  let [id, started, last] = (before || "").split(".") as [string, ...number[]];
  if (!(now - last! <= IDLE_MS && now - started! < LONGEST_MS)) [id, started, last] = [newId(now), now, now];
  return [id, started, Math.max(last!, now)].join(".");
}
