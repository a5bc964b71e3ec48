import type { Leases } from "./lease.js";
import type { Entry, Kind } from "./queue.js";
import { IDLE_MS } from "./session.js";
import { itemNames, readItem, removeItem, writeItem, type Store } from "./store.js";

/** Most entries under one name. */
const TOGETHER = 50;
/** Where an entry's id begins and ends in its line. */
const ID = 2;
const ID_END = 38;

/** A line an entry: JSON has no line breaks of its own. */
const format = (entries: Entry[]): string =>
  entries.map(({ kind, priority, id, json }) => `${kind}${priority}${id}${json}`).join("\n");

/** None where they have just gone. */
const parse = (text: string | null | undefined): Entry[] =>
  (text?.split("\n") || []).map((line) => ({
    id: line.slice(ID, ID_END),
    kind: +line[0]! as Kind,
    priority: +line[1]!,
    json: line.slice(ID_END),
  }));

export type Spool = ReturnType<typeof createSpool>;

/**
 * What of the queue survives the page: entries that were captured together under one name,
 * `q:<owner>:<first entry's id>`, so that tabs never write the same name, and a burst costs one write. Each page is
 * the owner of its own entries and sends no others; those of a page that is gone are taken over.
 */
export function createSpool(me: string, store: Store, leases: Leases, queue: Entry[]) {
  /** Names whose entries have left the queue, in part or all. */
  const changed = new Set<string>();

  /** Makes these all that is under a name. Answers whether any is there. */
  const write = (name: string, entries: Entry[]): boolean => {
    if (entries[0]) return writeItem(store, name, format(entries));
    removeItem(store, name);
    return false;
  };
  /** Brings storage up to what the queue holds. Answers whether all of that is saved. */
  const saveQueue = (): boolean => {
    for (const name of changed) write(name, queue.filter(({ savedIn }) => savedIn === name));
    changed.clear();
    for (let fresh; (fresh = queue.filter(({ savedIn }) => !savedIn).slice(0, TOGETHER))[0]; ) {
      const name = `q:${me}:${fresh[0].id}`;
      if (!write(name, fresh)) return false;
      for (const entry of fresh) entry.savedIn = name;
    }
    return true;
  };

  return {
    saveQueue,

    /** An entry has left the queue: the next `saveQueue` takes it out of storage. */
    unspool({ savedIn }: Entry): void {
      if (savedIn) changed.add(savedIn);
    },

    /** Saves, instead of those before, entries that only another page shall send, when a session has passed. */
    saveDrafts(drafts: Entry[]): void {
      const nobody = me + "d"; // no page has this id, so none holds its lock
      if (write(`q:${nobody}:`, drafts)) leases.grantLease(nobody, IDLE_MS);
      else leases.endLease(nobody);
    },

    /** Takes the entries of pages that are gone into the queue, before its own, and calls `taken` each time.
     *  Answers whether other pages have any left. */
    async takeOver(taken: () => void): Promise<boolean> {
      let left = false;
      let count = 0;
      for (const owner of new Set(itemNames(store, "q:").map((name) => name.split(":")[1]!))) {
        if (owner === me) continue;
        const theirs = `q:${owner}:`;
        await leases.ifGone(owner, () => {
          const names = itemNames(store, theirs);
          for (const name of names) for (const entry of parse(readItem(store, name))) queue.splice(count++, 0, entry);
          // In storage twice for a moment; where there is no room for that, not at all for a moment.
          saveQueue();
          names.forEach((name) => removeItem(store, name));
          leases.endLease(owner);
          taken();
        });
        left ||= !!itemNames(store, theirs)[0];
      }
      return left;
    },
  };
}
