/** What a page tells by itself: page views of single-page navigation, and marked clicks and forms. */

type Listen = (target: EventTarget, types: string, run: (event: Event) => void) => void;

/** What makes an address a page of its own: the path, and the route of a hash router. A query is no new page. */
const pageOf = ({ pathname, hash }: Location): string => pathname + (/^#[/!]/.test(hash) ? hash : "");

/** The address as it is sent: a plain hash says nothing, and 2,048 characters are taken. */
export const addressOf = ({ href, hash }: Location): string =>
  (/^#[/!]/.test(hash) ? href : href.split("#")[0]!).slice(0, 2048);

/** Calls `opened` whenever the history moves to another page. Answers how to stop. */
export function watchNavigation(listen: Listen, opened: () => void): () => void {
  let page = pageOf(location);
  let watching = true;
  const check = (): void => {
    if (!watching || pageOf(location) === page) return;
    page = pageOf(location);
    opened();
  };
  const undo = (["pushState", "replaceState"] as const).map((name) => {
    const original = history[name];
    const patched: typeof original = function (this: History, ...args) {
      original.apply(this, args);
      check();
    };
    history[name] = patched;
    return () => {
      // Somebody may have wrapped ours: then it stays, and does nothing.
      if (history[name] === patched) history[name] = original;
    };
  });
  listen(window, "popstate hashchange", check);
  return () => {
    watching = false;
    for (const one of undo) one();
  };
}

type Marked = (what: "click" | "form", payload: Record<string, string | undefined>) => void;

/** Tells of clicks in `data-milepost-click` and of the sending of `data-milepost-form`. */
export function watchMarks(listen: Listen, marked: Marked): void {
  const told = (what: "click" | "form", id: string) => (event: Event) => {
    const element = (event.target as Element | null)?.closest?.(`[data-milepost-${what}]`);
    if (!element) return;
    // Tool, section and competency may stand on anything around it.
    const mark = (name: string) => element.closest(`[data-milepost-${name}]`)?.getAttribute("data-milepost-" + name) || undefined;
    const own = (name: string) => element.getAttribute("data-milepost-" + name) || undefined;
    marked(what, {
      [id + "Id"]: own(what) || element.id,
      [id + (what === "form" ? "Name" : "Label")]: own("label"),
      businessImpact: own("impact"),
      toolId: mark("tool"),
      toolSection: mark("section"),
      competencyArea: mark("competency"),
    });
  };
  listen(document, "click", told("click", "button"));
  listen(document, "submit", told("form", "form"));
}
