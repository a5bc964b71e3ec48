// Actions: keys that walk through the inbox, menus that close, how many are ticked. Forms are plain ones that htmx sends.
(() => {
  "use strict";
  const rows = () => [...document.querySelectorAll("#inbox [data-action-row]")];
  const menus = () => [...document.querySelectorAll("details.act-menu[open]")];

  // -- Menus: one at a time, closed by Escape and by a click elsewhere ---------------------------------------
  document.addEventListener("toggle", (event) => {
    if (!event.target.matches?.("details.act-menu") || !event.target.open) return;
    for (const menu of menus()) if (menu !== event.target) menu.open = false;
  }, true);
  document.addEventListener("click", (event) => {
    for (const menu of menus()) if (!menu.contains(event.target)) menu.open = false;
  });
  document.addEventListener("keydown", (event) => {
    const [menu] = menus();
    if (!menu || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "Escape") {
      menu.open = false;
      menu.querySelector("summary").focus();
      return;
    }
    // Among what is to choose: arrows, and the letter it begins with.
    const choices = [...menu.querySelectorAll(".act-choice")];
    const at = choices.indexOf(document.activeElement);
    const begins = (choice) => choice.textContent.trim().toLowerCase().startsWith(event.key.toLowerCase());
    const next = { ArrowDown: choices[at + 1], ArrowUp: choices[at - 1] }[event.key]
      ?? (at >= 0 && event.key.length === 1 && event.key !== " " ? [...choices.slice(at + 1), ...choices].find(begins) : undefined);
    if (at < 0 || !next) return;
    event.preventDefault();
    next.focus();
  });

  // -- The inbox alone -------------------------------------------------------------------------------------
  if (!document.getElementById("inbox")) return;
  const { number } = window.milepost;

  function count() {
    const ticked = document.querySelectorAll("#inbox [data-pick]:checked").length;
    const said = document.querySelector("#act-bulk [data-count]");
    if (said) said.textContent = `${number(ticked)} ticked`;
  }
  document.addEventListener("change", (event) => { if (event.target.matches?.("[data-pick]")) count(); });

  function open(row, name) {
    const menu = row.querySelector(`[data-menu=${name}]`);
    if (!menu) return;
    menu.open = true;
    menu.querySelector(".act-panel :is(button, select, input:not([type=hidden]))").focus();
  }
  window.milepost.walk({
    rows,
    at: () => document.activeElement?.closest("[data-action-row]"),
    go: (row) => row.focus(),
    says: ["Next action", "The one before"],
    acts: {
      Enter: { says: "Open its account", run: (row) => row.querySelector("[data-open]")?.click() },
      a: { says: "Assign it", run: (row) => open(row, "assign") },
      s: { says: "Snooze it", run: (row) => open(row, "snooze") },
      d: { says: "Dismiss it", run: (row) => open(row, "dismiss") },
      e: { says: "It is done", run: (row) => row.querySelector("[data-done]")?.click() },
      x: { says: "Tick it", run: (row) => row.querySelector("[data-pick]")?.click() },
    },
  });
})();
