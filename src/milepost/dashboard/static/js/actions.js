// Actions: keys that walk through the inbox, how many are ticked. Forms are plain ones that htmx sends.
(() => {
  "use strict";
  const rows = () => [...document.querySelectorAll("#inbox [data-action-row]")];
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
    menu.querySelector(".menu-panel :is(button, select, input:not([type=hidden]))").focus();
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
