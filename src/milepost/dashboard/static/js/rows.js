// Rows one walks through by keys: j and k go on and back, other keys do something with the row one is at. "?" lists them.
(() => {
  "use strict";
  // `rows()`: all of them; `at()`: the one that one is at, if any; `go(row)`: goes there; `says`: of j and of k; `acts`:
  // by key, what it says (and how it is shown; without, another key says it) and does with that row.
  window.milepost.walk = ({ rows, at, go, says, acts }) => {
    const step = (by) => () => {
      const all = rows();
      const place = all.indexOf(at());
      const row = all[place < 0 ? (by > 0 ? 0 : all.length - 1) : Math.max(0, Math.min(all.length - 1, place + by))];
      if (!row) return;
      go(row);
      row.scrollIntoView({ block: "nearest" });
    };
    const all = { j: { says: says[0], step: step(1) }, k: { says: says[1], step: step(-1) }, ...acts };
    window.milepost.keys.push(...Object.entries(all).filter(([, act]) => act.says).map(([key, act]) => ({ key: act.shown ?? key, says: act.says })));
    document.addEventListener("keydown", (event) => {
      const act = Object.hasOwn(all, event.key) ? all[event.key] : undefined;
      if (!act || event.ctrlKey || event.metaKey || event.altKey || document.querySelector("dialog[open]")) return;
      // Letters are for fields and menus, and Enter is for what has the focus.
      if (event.target.closest("input:not([type=checkbox]), select, textarea, [contenteditable], details[open].menu, .chip[open]")) return;
      const row = at();
      if (act.run && (!row || (event.key === "Enter" && event.target !== row))) return;
      event.preventDefault();
      if (act.run) act.run(row); else act.step();
    });
  };
})();
