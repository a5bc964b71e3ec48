export const IDLE_MS = 30 * 60_000;
export const LONGEST_MS = 24 * 3_600_000;

/** The session of an event at `now` (milliseconds since 1970), given the one before: id, start and last
 *  event, joined by dots as they stand in storage, where other tabs read them. Undefined where that one is
 *  over. A clock set back does not end a session. */
export function touch(before: string | null | undefined, now: number): string | undefined {
  const [id, started, last] = ("" + before).split(".") as [string, ...number[]];
  return now - last! <= IDLE_MS && now - started! < LONGEST_MS ? `${id}.${started}.${Math.max(last!, now)}` : undefined;
}
