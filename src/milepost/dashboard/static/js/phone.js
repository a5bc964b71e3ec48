// On a phone: the sheet behind "More", and the question's own controls in a sheet from below.
(() => {
  "use strict";
  const narrow = matchMedia("(max-width: 720px)");

  // -- More: the navigation itself moves into the sheet, and back when it closes -------------------------------
  const more = document.getElementById("more");
  if (more) {
    const side = document.querySelector(".side");
    const parts = [side.querySelector("nav"), side.querySelector(".account")];
    const into = more.querySelector("[data-more]");
    document.addEventListener("click", (event) => {
      if (!event.target.closest("[data-more-open]")) return;
      into.append(...parts);
      more.showModal();
    });
    more.addEventListener("close", () => side.append(...parts));
    more.addEventListener("click", (event) => { if (event.target === more || event.target.closest("[data-close]")) more.close(); });
    narrow.addEventListener("change", () => { if (!narrow.matches) more.close(); });
  }

  // -- The question: its form stays where it is in the page, which each answer replaces, and is laid over it --------
  const root = document.documentElement;
  const beneath = () => document.querySelectorAll(".side, .tab-bar, .skip, #page > :not([data-question-sheet])");
  function lay() {
    const sheet = document.querySelector("[data-question-sheet]");
    if (!sheet) return;
    const open = "asking" in root.dataset;
    for (const one of beneath()) one.inert = open;
    const marks = { role: "dialog", "aria-modal": "true", "aria-labelledby": "question-sheet-title" };
    for (const [name, value] of Object.entries(marks)) if (open) sheet.setAttribute(name, value); else sheet.removeAttribute(name);
  }
  function finish() {
    if (!("asking" in root.dataset)) return;
    delete root.dataset.asking;
    lay();
    document.getElementById("change-question")?.focus({ preventScroll: true });
  }
  document.addEventListener("click", (event) => {
    if (event.target.closest("[data-question-open]")) {
      root.dataset.asking = "";
      lay();
      document.querySelector("[data-question-done]").focus();
    } else if (event.target.closest("[data-question-done]") || ("asking" in root.dataset && event.target.matches("#page"))) finish();
  });
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && !document.querySelector("dialog[open], :popover-open")) finish();
  });
  document.addEventListener("htmx:afterSwap", lay);
  document.addEventListener("htmx:historyRestore", finish);
  narrow.addEventListener("change", () => { if (!narrow.matches) finish(); });
})();
