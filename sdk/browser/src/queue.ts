/** The length of a text in UTF-8. */
export const bytes = (text: string): number => new TextEncoder().encode(text).length;

/** What waits for its receipt. */
export interface Entry {
  id: string;
  /** 0: `POST /v1/events`. 1: an identity call, `POST /v1/batch`. */
  kind: 0 | 1;
  /** 0-2: low, medium, high. */
  rank: number;
  /** The JSON object that is sent. */
  wire: string;
  /** Its bytes in UTF-8, once somebody has counted. */
  byteLength?: number;
  /** The name in storage of what it was saved with, once it is there. */
  place?: string;
  /** The request that carries it, while that is on its way. */
  busy?: AbortController | undefined;
}

/** Brings the queue down to `most`, oldest of the lowest rank first; answers what was given up. What is
 *  on its way is spared: it may be delivered already. */
export function bound(queue: Entry[], most: number): Entry[] {
  const lost: Entry[] = [];
  for (let rank = 0; rank < 3; rank++)
    for (let at; queue.length > most && (at = queue.findIndex((entry) => entry.rank <= rank && !entry.busy)) >= 0; )
      lost.push(...queue.splice(at, 1));
  return lost;
}

/** The next request: entries of one kind, in order of capture, `most` at most and, with those that are on
 *  their way, within `room` bytes. A change of kind ends it, so that identity calls keep their place among the events. */
export function nextBatch(queue: Entry[], most: number, room: number): Entry[] {
  const batch: Entry[] = [];
  for (const entry of queue) {
    room -= (entry.byteLength ??= bytes(entry.wire)) + 1;
    if (entry.busy) continue;
    if (room < 0 || batch.length >= most || entry.kind !== (batch[0] || entry).kind) break;
    batch.push(entry);
  }
  return batch;
}
