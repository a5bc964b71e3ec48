// Arranging a dashboard by dragging (the buttons on each card do the same by keyboard and without scripts), and all of the
// screen for it.
(() => {
  "use strict";
  let dragged = null;
  const cards = () => [...document.querySelectorAll("[data-card]")];

  function ready() {
    for (const card of cards()) {
      const head = card.querySelector("header");
      head.draggable = true;
      head.classList.add("can-drag");
    }
  }
  document.addEventListener("dragstart", (event) => {
    const head = event.target.closest?.("[data-card] > header");
    if (!head) return;
    dragged = head.parentElement;
    event.dataTransfer.effectAllowed = "move";
    event.dataTransfer.setData("text/plain", dragged.dataset.card);
    event.dataTransfer.setDragImage(dragged, 20, 20);
    dragged.classList.add("dragged");
  });
  document.addEventListener("dragover", (event) => {
    const over = event.target.closest?.("[data-card]");
    if (!dragged || !over) return;
    event.preventDefault();
    if (over === dragged) return;
    // By where the pointer is on the other card, not by the order: else two of unlike sizes change places for ever.
    const box = over.getBoundingClientRect();
    const own = dragged.getBoundingClientRect();
    const beside = own.top < box.bottom && box.top < own.bottom;
    const past = beside ? event.clientX - box.left - box.width / 2 : event.clientY - box.top - box.height / 2;
    const [side, there] = past > -2 ? ["after", over.nextElementSibling] : ["before", over.previousElementSibling];
    if (there !== dragged) over[side](dragged);
  });
  document.addEventListener("drop", (event) => { if (dragged) event.preventDefault(); });
  document.addEventListener("dragend", () => {
    if (!dragged) return;
    dragged.classList.remove("dragged");
    const form = dragged.querySelector(".card-tools");
    const values = { do: `order:${cards().map((card) => card.dataset.card).join(",")}`, _csrf_token: form.querySelector("[name=_csrf_token]").value };
    dragged = null;
    // The cards stand where they were put already: nothing is drawn again.
    window.htmx.ajax("POST", form.getAttribute("action"), { source: document.body, swap: "none", values });
  });

  // -- All of the screen: where a browser does not give it, all of the window ---------------------------------------
  const root = document.documentElement;
  function say() {
    const full = root.classList.contains("full-screen");
    document.querySelector("[data-full-screen]")?.setAttribute("aria-pressed", String(full));
  }
  function fill(full) {
    if (full === root.classList.contains("full-screen")) return;
    root.classList.toggle("full-screen", full);
    say();
    if (full) root.requestFullscreen?.().catch(() => console.info("The window is filled, not the screen."));
    else if (document.fullscreenElement) document.exitFullscreen();
    dispatchEvent(new Event("milepost:room"));
  }
  document.addEventListener("fullscreenchange", () => { if (!document.fullscreenElement) fill(false); });
  document.addEventListener("click", (event) => {
    if (event.target.closest("[data-full-screen]")) fill(!root.classList.contains("full-screen"));
  });
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || document.querySelector("dialog[open], :popover-open")) return;
    if (event.key === "Escape") fill(false);
    if (event.key !== "f" || event.target.closest("input, select, textarea, [contenteditable]")) return;
    event.preventDefault();
    fill(!root.classList.contains("full-screen"));
  });
  document.addEventListener("htmx:afterSwap", () => { ready(); say(); });
  ready();
})();
