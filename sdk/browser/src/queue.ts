/** What waits for its receipt. */
export interface Entry {
  id: string;
  /** 0: `POST /v1/events`. 1: an identity call, `POST /v1/batch`. */
  kind: 0 | 1;
  /** 0-2: low, medium, high. */
  rank: number;
  /** The JSON object that is sent. */
  body: string;
  /** Its bytes in UTF-8. */
  size: number;
  /** Its key in storage, once it is there. */
  key?: string;
  /** Whether a request with it is on its way. */
  busy?: boolean;
}

/** Brings the queue down to `most`, oldest of the lowest rank first; answers what was given up. What is
 *  on its way is spared: it may be delivered already. */
export function bound(queue: Entry[], most: number): Entry[] {
  const lost: Entry[] = [];
  while (queue.length > most) {
    let victim = -1;
    for (let at = 0, rank = 3; at < queue.length && rank; at++) {
      const entry = queue[at]!;
      if (!entry.busy && entry.rank < rank) [victim, rank] = [at, entry.rank];
    }
    if (victim < 0) break;
    lost.push(...queue.splice(victim, 1));
  }
  return lost;
}

/** The next request: entries of one kind, in order of capture, `most` at most and within `room` bytes.
 *  A kind change ends it, so that identity calls keep their place among the events. */
export function nextBatch(queue: Entry[], most: number, room: number): Entry[] {
  const batch: Entry[] = [];
  for (const entry of queue) {
    if (entry.busy) continue;
    room -= entry.size + 1;
    if (room < 0 || batch.length >= most || (batch[0] && batch[0].kind !== entry.kind)) break;
    batch.push(entry);
  }
  return batch;
}
