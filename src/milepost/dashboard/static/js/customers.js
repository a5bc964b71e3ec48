// The customers' list: ticking rows (mouse, shift for a range, x on the row one is at), what is done with them, the order of
// columns, and the panel of one customer (brief.js). Forms are plain ones that htmx sends.
(() => {
  "use strict";
  const { number } = window.milepost;
  const bar = document.getElementById("bulk");
  const picks = () => [...document.querySelectorAll("[data-pick]")];
  let last = null;

  // -- Ticking ------------------------------------------------------------------------------------------
  function show() {
    const all = picks();
    const ticked = all.filter((pick) => pick.checked).length;
    const state = document.getElementById("bulk-state");
    const everyone = state.querySelector("[data-all]");
    const total = Number(state.dataset.total);
    const most = Number(state.dataset.most);
    if (ticked < all.length) everyone.value = "";
    bar.querySelector("[data-count]").textContent = everyone.value ? `All ${number(total)} ticked` : `${number(ticked)} ticked`;
    const offer = bar.querySelector("[data-select-all]");
    offer.hidden = Boolean(everyone.value) || ticked < all.length || total <= all.length;
    offer.disabled = total > most;
    offer.textContent = total > most ? `All ${number(total)} are more than ${number(most)}: narrow the list first` : `Select all ${number(total)} that match`;
    const head = document.querySelector("[data-pick-all]");
    if (!head) return;
    head.hidden = false;
    head.checked = ticked > 0 && ticked === all.length;
    head.indeterminate = ticked > 0 && ticked < all.length;
  }
  function tick(pick, checked, ranged) {
    const all = picks();
    const from = ranged && last ? all.findIndex((one) => one.value === last) : -1;
    const at = all.indexOf(pick);
    const [first, end] = from < 0 ? [at, at] : [Math.min(from, at), Math.max(from, at)];
    for (const one of all.slice(first, end + 1)) one.checked = checked;
    last = pick.value;
    show();
  }
  function clear() {
    for (const one of picks()) one.checked = false;
    show();
  }
  document.addEventListener("click", (event) => {
    const pick = event.target.closest?.("[data-pick]");
    if (pick) { tick(pick, pick.checked, event.shiftKey); return; }
    if (event.target.closest?.("[data-pick-all]")) {
      for (const one of picks()) one.checked = event.target.checked;
      show();
    } else if (event.target.closest?.("[data-clear]")) {
      clear();
    } else if (event.target.closest?.("[data-select-all]")) {
      document.querySelector("#bulk-state [data-all]").value = "1";
      show();
      document.getElementById("bulk-owner").focus();
    }
  });

  // -- Escape, and Enter in a field of a menu -----------------------------------------------------------------
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "Escape") {
      if (document.querySelector("dialog[open], :popover-open")) return;
      if (!event.target.closest("input[type=search]") && !window.milepost.brief.close()) clear();
      return;
    }
    const enter = event.key === "Enter" && event.target.dataset?.enter;
    if (!enter) return;
    event.preventDefault();
    // A click, as htmx sends the button that was clicked last.
    event.target.form.querySelector(`button[name=do][value=${enter}]`).click();
  });

  // -- Keys: through the rows, ticking them, and their panel -----------------------------------------------------
  const pickOf = (row) => row.querySelector("[data-pick]");
  window.milepost.walk({
    rows: () => [...document.querySelectorAll("[data-rows] tbody tr")],
    at: () => document.activeElement?.closest("[data-rows] tbody tr") ?? window.milepost.brief.row(),
    go: (row) => { if (window.milepost.brief.row()) window.milepost.brief.open(row); else row.focus(); },
    says: ["Next customer", "The one before"],
    acts: {
      Enter: { shown: "Enter o", says: "Open its panel", run: window.milepost.brief.open },
      o: { run: window.milepost.brief.open },
      x: { says: "Tick it", run: (row) => tick(pickOf(row), !pickOf(row).checked, false) },
      X: { shown: "Shift x", says: "Tick all up to it", run: (row) => tick(pickOf(row), !pickOf(row).checked, true) },
    },
  });

  // -- The order of the columns: the form sends them as they stand -----------------------------------------------
  document.addEventListener("click", (event) => {
    const button = event.target.closest?.("[data-move]");
    if (!button) return;
    const item = button.closest("li");
    const other = button.dataset.move === "up" ? item.previousElementSibling : item.nextElementSibling;
    if (!other) return;
    if (button.dataset.move === "up") other.before(item); else other.after(item);
    button.focus();
    const all = [...item.parentElement.children];
    button.form.querySelector("[data-moved]").textContent = `${item.querySelector("label").textContent.trim()}: ${all.indexOf(item) + 1} of ${all.length}`;
  });

  // -- What a trait may be, when somebody is about to type it ------------------------------------------------
  const fetched = new Set();
  document.addEventListener("focusin", (event) => {
    if (!event.target.matches?.("[data-values]")) return;
    const field = event.target.form.querySelector("[data-field]").value;
    if (!field.startsWith("trait.")) { event.target.removeAttribute("list"); return; }
    const id = `values-${field}`;
    event.target.setAttribute("list", id);
    if (fetched.has(id)) return;
    fetched.add(id);
    fetch(`/questions/values?field=${encodeURIComponent(field)}`, { headers: { Accept: "application/json" } })
      .then((answer) => answer.ok ? answer.json() : [])
      .then((values) => {
        const list = document.createElement("datalist");
        list.id = id;
        list.append(...values.filter(Boolean).map((value) => new Option("", value)));
        document.body.append(list);
      })
      .catch(() => fetched.delete(id));
  });

  // -- After an answer: the count, the forms as new, and the focus where it was --------------------------------
  let focus = null;
  document.addEventListener("htmx:beforeRequest", (event) => {
    const source = event.detail.elt;
    // What the list asks for by itself is no answer to anybody.
    if (source.matches("[hx-trigger=load]")) return;
    focus = source.closest?.("#filters") ? source.closest(".menu, .chip")?.querySelector("summary[id]")?.id ?? "add-filter" : source === bar ? document.activeElement.closest(".menu")?.querySelector("summary").id : null;
  });
  // What asked for people may be gone, with the rows that they are of.
  document.addEventListener("htmx:beforeSwap", (event) => {
    const { path, elt } = event.detail.requestConfig ?? {};
    if (path === "/customers/people" && !elt.isConnected) event.detail.shouldSwap = false;
  });
  document.addEventListener("htmx:afterSettle", (event) => {
    if (event.detail.requestConfig?.path === "/customers/people") return;
    show();
    if (event.detail.requestConfig?.path === "/customers/bulk" && !document.querySelector("#bulk-said .problem")) {
      for (const menu of bar.querySelectorAll(".menu[open]")) menu.open = false;
      for (const field of bar.querySelectorAll("#bulk-tag-text, #bulk-title, #bulk-due")) field.value = "";
    }
    const wanted = focus && document.getElementById(focus);
    focus = null;
    // Of a bar that went with its last row nothing can be focused.
    if (wanted?.checkVisibility()) wanted.focus();
    else if (wanted) document.getElementById("q").focus();
  });
  show();
})();
