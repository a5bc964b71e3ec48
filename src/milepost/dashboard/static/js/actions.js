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

  function go(step) {
    const all = rows();
    const at = all.indexOf(document.activeElement?.closest("[data-action-row]"));
    const row = all[at < 0 ? (step > 0 ? 0 : all.length - 1) : Math.max(0, Math.min(all.length - 1, at + step))];
    row?.focus();
    row?.scrollIntoView({ block: "nearest" });
  }
  function open(row, name) {
    const menu = row.querySelector(`[data-menu=${name}]`);
    if (!menu) return;
    menu.open = true;
    menu.querySelector(".act-panel :is(button, select, input:not([type=hidden]))").focus();
  }
  const acts = {
    j: { says: "Next action", run: () => go(1) },
    k: { says: "The one before", run: () => go(-1) },
    Enter: { says: "Open its account", row: (row) => row.querySelector("[data-open]")?.click() },
    a: { says: "Assign it", row: (row) => open(row, "assign") },
    s: { says: "Snooze it", row: (row) => open(row, "snooze") },
    d: { says: "Dismiss it", row: (row) => open(row, "dismiss") },
    e: { says: "It is done", row: (row) => row.querySelector("[data-done]")?.click() },
    x: { says: "Tick it", row: (row) => row.querySelector("[data-pick]")?.click() },
  };
  window.milepost.keys.push(...Object.entries(acts).map(([key, { says }]) => ({ key, says })));
  document.addEventListener("keydown", (event) => {
    const act = acts[event.key];
    if (!act || event.ctrlKey || event.metaKey || event.altKey || document.querySelector("dialog[open]")) return;
    // Enter is for what has the focus, and letters are for fields and menus.
    if (event.target.closest("input:not([type=checkbox]), select, textarea, [contenteditable], .act-panel")) return;
    const row = event.target.closest("[data-action-row]");
    if (event.key === "Enter" && event.target !== row) return;
    if (act.row && !row) return;
    event.preventDefault();
    if (act.row) act.row(row); else act.run();
  });
})();
