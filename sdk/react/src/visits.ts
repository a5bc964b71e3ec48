import type { ToolVisit } from "@milepost/browser";
import { shared } from "./shared.js";

/** A tool somebody is in: how many components say so, and the visit while it is open. */
interface Place {
  users: number;
  visit: ToolVisit | undefined;
  enter: () => ToolVisit;
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
      this.settle(); // what was left before is tracked as left before this is entered
      place = { users: 0, visit: enter(), enter };
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
  settle(): void {
    for (const key of this.leaving) {
      this.places.get(key)?.visit?.exit();
      this.places.delete(key);
    }
    this.leaving.clear();
  }

  /** The page goes away: whoever is in a tool leaves it. */
  hide(): void {
    this.settle();
    for (const place of this.places.values()) {
      place.visit?.exit();
      place.visit = undefined;
    }
  }

  /** The page came back from the back/forward cache with its components: a new visit to each tool. */
  show(): void {
    for (const place of this.places.values()) place.visit ??= place.enter();
  }

  private leave(key: string): void {
    const place = this.places.get(key);
    if (place === undefined) return;
    place.users -= 1;
    if (place.users > 0) return;
    this.leaving.add(key);
    queueMicrotask(() => this.settle());
  }
}

/** The page's visits. Call it in the browser alone. */
export function visits(): Visits {
  return shared("visits", () => {
    const made = new Visits();
    // Captured, so that the exits are tracked before the tracker's own listener sends what waits.
    window.addEventListener("pagehide", () => made.hide(), { capture: true });
    window.addEventListener("pageshow", () => made.show());
    return made;
  });
}
