// The panel of one customer beside the list: a row opens it, its address is the list's with `open=ID`, Back closes it.
(() => {
  "use strict";
  const place = document.getElementById("brief-place");
  const panel = () => place.querySelector("[data-brief]");
  const rows = () => [...document.querySelectorAll("[data-rows] tbody tr")];
  // Where the list is without its panel: what is behind `#` is no part of it.
  function bare() {
    const here = new URL(location.href);
    here.searchParams.delete("open");
    return here.pathname + here.search;
  }
  function withOpen(id) {
    const here = new URL(location.href);
    here.searchParams.set("open", id);
    return here.pathname + here.search;
  }
  const opened = () => new URL(location.href).searchParams.get("open");
  let list = bare();
  let asking = null;
  // Whose panel it is, or will be once it is here.
  let current = panel()?.dataset.brief ?? null;
  // Going back takes a moment: whoever is opened meanwhile is so after it.
  let leaving = false;
  let next = null;
  const row = () => (current === null ? undefined : rows().find((one) => one.dataset.customer === current));

  function mark() {
    const of = row();
    for (const one of rows()) if (one === of) one.setAttribute("aria-current", "true"); else one.removeAttribute("aria-current");
    for (const button of place.querySelectorAll("[data-brief-step]")) button.hidden = !of;
  }
  function hide() {
    asking?.abort();
    current = null;
    place.replaceChildren();
    mark();
  }
  function put(part) {
    place.replaceChildren(part);
    window.milepost.localise(document);
    mark();
    part.focus({ preventScroll: true });
  }
  async function show(id) {
    asking?.abort();
    asking = new AbortController();
    current = id;
    const link = rows().find((one) => one.dataset.customer === id)?.querySelector(".who a");
    const account = link?.getAttribute("href") ?? `/customers/${encodeURIComponent(id)}`;
    if (!panel()) put(document.getElementById("brief-waiting").content.firstElementChild.cloneNode(true));
    place.firstElementChild.setAttribute("aria-busy", "true");
    mark();
    const part = await window.milepost.partOf(`${account}/brief`, "[data-brief]", asking.signal, account);
    if (part) put(part);
  }

  function open(one) {
    if (leaving) { next = one; return; }
    const id = one.dataset.customer;
    if (place.childElementCount) history.replaceState(history.state, "", withOpen(id));
    else history.pushState({ brief: true }, "", withOpen(id));
    show(id);
  }
  // Answers whether there was one.
  function close() {
    if (!place.childElementCount) return false;
    const back = row();
    leaving = Boolean(history.state?.brief);
    if (leaving) history.back();
    else history.replaceState(history.state, "", list);
    hide();
    back?.focus({ preventScroll: true });
    back?.scrollIntoView({ block: "nearest" });
    return true;
  }
  window.milepost.brief = { open, close, row };

  document.addEventListener("click", (event) => {
    if (event.defaultPrevented || event.button) return;
    if (event.target.closest("[data-brief-close]")) { event.preventDefault(); close(); return; }
    const step = event.target.closest("[data-brief-step]");
    if (step) {
      const all = rows();
      const other = all[all.indexOf(row()) + Number(step.dataset.briefStep)];
      if (other) { open(other); other.scrollIntoView({ block: "nearest" }); }
      return;
    }
    const one = event.target.closest("[data-rows] tbody tr");
    if (!one || event.target.closest("a, button, input, label, summary, .pick")) return;
    if (event.ctrlKey || event.metaKey || event.shiftKey) window.open(one.querySelector(".who a").href, "_blank", "noopener");
    else if (!String(getSelection())) open(one);  // else the end of marking a text
  });

  // Between the list and its panel nothing is loaded anew; another list is htmx's.
  window.addEventListener("popstate", (event) => {
    const wanted = next;
    leaving = false;
    next = null;
    if (bare() !== list) return;
    event.stopImmediatePropagation();
    const id = opened();
    const back = row();
    if (id) { show(id); return; }
    hide();
    back?.focus({ preventScroll: true });
    if (wanted) open(wanted);
  }, true);
  for (const name of ["htmx:pushedIntoHistory", "htmx:replacedInHistory"]) {
    document.addEventListener(name, () => { list = bare(); if (!opened()) hide(); });
  }
  document.addEventListener("htmx:afterSettle", mark);
  mark();
})();
