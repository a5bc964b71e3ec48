/** The length of a text in UTF-8. */
export const bytes = (text: string): number => new TextEncoder().encode(text).length;

/** Kinds of entries, by where they go. Both are in storage, so neither may get another number. */
export const EVENT = 0; // `POST /v1/events`
export const IDENTITY_CALL = 1; // `POST /v1/batch`
export type Kind = typeof EVENT | typeof IDENTITY_CALL;

/** The highest priority: given up last, and sent at once. */
export const HIGH = 2;

/** What waits for its receipt. */
export interface Entry {
  id: string;
  kind: Kind;
  /** 0 to HIGH, as low, medium and high impact: what is given up last. */
  priority: number;
  /** The object that is sent. */
  json: string;
  /** Its bytes in UTF-8, once somebody has counted. */
  jsonBytes?: number;
  /** The name in storage of what it was saved with, once it is there. */
  savedIn?: string;
  /** The request that carries it, while that is on its way. */
  request?: AbortController | undefined;
}

/** Brings the queue down to `most`, oldest of the lowest priority first; answers what was given up. What is
 *  on its way is spared: it may be delivered already. */
export function bound(queue: Entry[], most: number): Entry[] {
  const lost: Entry[] = [];
  for (let priority = 0; priority <= HIGH; priority++)
    for (let at; queue.length > most && (at = queue.findIndex((entry) => entry.priority <= priority && !entry.request)) >= 0; )
      lost.push(...queue.splice(at, 1));
  return lost;
}

/** Takes entries out of the queue, wherever they are. */
export const take = (queue: Entry[], batch: Entry[]): void =>
  void queue.push(...queue.splice(0).filter((entry) => !batch.includes(entry)));

/** The next request: entries of one kind, in order of capture, `most` at most and, with those that are on
 *  their way, within `room` bytes. A change of kind ends it, so that identity calls keep their place among the events. */
export function nextBatch(queue: Entry[], most: number, room: number): Entry[] {
  const batch: Entry[] = [];
  for (const entry of queue) {
    room -= (entry.jsonBytes ??= bytes(entry.json)) + 1;
    if (entry.request) continue;
    if (room < 0 || batch.length >= most || entry.kind !== (batch[0] || entry).kind) break;
    batch.push(entry);
  }
  return batch;
}
