// A page in parts, of which one is shown: the address's fragment says which, by the part's id or that of anything in it.
// Without scripts all of them stand one below the other.
(() => {
  "use strict";
  const links = [...document.querySelectorAll("[data-tabs] a")];
  const parts = [...document.querySelectorAll("[data-tab]")];
  const named = (hash) => document.getElementById(decodeURIComponent(hash.slice(1)));

  function show() {
    const wanted = location.hash.length > 1 ? named(location.hash) : null;
    const open = wanted?.closest("[data-tab]") ?? parts[0];
    for (const part of parts) part.toggleAttribute("data-open", part === open);
    for (const link of links) {
      if (named(link.hash)?.closest("[data-tab]") === open) link.setAttribute("aria-current", "true");
      else link.removeAttribute("aria-current");
    }
    if (!wanted || wanted === open) return;
    const form = wanted.matches("details");
    if (form) wanted.open = true;
    // It could not be gone to while its part was not shown.
    wanted.scrollIntoView({ block: "nearest" });
    if (wanted.matches("input, select, textarea")) wanted.focus();
    else (form && wanted.querySelector("input:not([type=hidden]), select, textarea") || wanted.querySelector("summary"))?.focus();
  }
  addEventListener("hashchange", show);
  show();
  // The address is the same as before: nothing changes, and yet somebody wants to go there.
  document.addEventListener("click", (event) => {
    const link = event.target.closest("a[href^='#']");
    if (link && link.hash === location.hash) show();
  });
})();
