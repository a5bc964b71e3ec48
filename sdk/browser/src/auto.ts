import type { EventType } from "./types.js";

/** What a page tells by itself: page views of single-page navigation, and marked clicks and forms. */

/** Every event of interest reaches the window. */
export type Listen = (types: string, run: (event: Event) => void) => void;

/** What makes an address a page of its own: the path, and the route of a hash router. A query is no new page. */
const pageOf = (): string => location.pathname + (location.hash.match(/^#[/!].*/) || "");

/** Calls `opened` whenever the history moves to another page. */
export function watchNavigation(listen: Listen, opened: () => void): void {
  let page = pageOf();
  const check = (): void => {
    const next = pageOf();
    if (next !== page) opened();
    page = next;
  };
  for (const name of ["pushState", "replaceState"] as const) {
    const original = history[name];
    // It stays when the tracker ends, for others may have wrapped it; a tracker that has ended tracks nothing.
    history[name] = function (...args) {
      original.apply(this, args);
      check();
    };
  }
  listen("popstate hashchange", check);
}

/** Tells of clicks in something with `data-milepost-button-id`, and of forms sent with `data-milepost-form-id`.
 *  Other `data-milepost-` attributes there, and on what is around it, are fields of the event in kebab-case
 *  (`data-milepost-tool-id`), or metadata. */
export function watchMarks(listen: Listen, track: (type: EventType, payload: object, extra: Record<string, unknown>) => void): void {
  listen("click submit", ({ type, target }) => {
    const payload: Record<string, string | undefined> = {};
    for (let element = target as HTMLElement | null; element; element = element.parentElement)
      for (const [name, value] of Object.entries(element.dataset || {}))
        if (name.startsWith("milepost")) payload[name.slice(8)] ??= value;
    if (type === "submit") payload.FormId && track("professional_action", payload, { action: "form_submit" });
    else if (payload.ButtonId) track("content_interaction", payload, { action: type });
  });
}
