import type { ToolVisit } from "@milepost/browser";
import { shared } from "./shared.js";

/** A tool somebody is in, and how many components say so. */
interface Place {
  users: number;
  visit: ToolVisit;
}

/**
 * Who is in which tool, counted by ids. StrictMode and a second copy of the package mount the same place
 * twice, `<Activity>` unmounts it without removing it: a place is entered when its first user comes and
 * left when its last is gone, and still gone a microtask later.
 */
export class Visits {
  private readonly places = new Map<string, Place>();
  private readonly leaving = new Set<string>();

  /** Joins the place `key`; `enter` tracks the entry if nobody is there. Returns how to leave, once. */
  join(key: string, enter: () => ToolVisit): () => void {
    let place = this.places.get(key);
    if (place === undefined) {
      this.endLeft(); // what was left before is tracked as left before this is entered
      place = { users: 0, visit: enter() };
      this.places.set(key, place);
    }
    place.users += 1;
    this.leaving.delete(key);
    let left = false;
    return () => {
      if (left) return;
      left = true;
      this.leave(key);
    };
  }

  /** Ends the visits whose last user is gone. */
  endLeft(): void {
    for (const key of this.leaving) {
      this.places.get(key)?.visit.exit();
      this.places.delete(key);
    }
    this.leaving.clear();
  }

  private leave(key: string): void {
    const place = this.places.get(key);
    if (place === undefined) return;
    place.users -= 1;
    if (place.users > 0) return;
    this.leaving.add(key);
    queueMicrotask(() => this.endLeft());
  }
}

/** The page's visits; the tracker itself ends and resumes them when the page goes away and comes back. */
export const visits = (): Visits => shared("visits", () => new Visits());
