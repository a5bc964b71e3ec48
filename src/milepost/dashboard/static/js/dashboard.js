// Arranging a dashboard by dragging; the buttons on each card do the same by keyboard and without scripts.
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
    const all = cards();
    over[all.indexOf(dragged) < all.indexOf(over) ? "after" : "before"](dragged);
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
  document.addEventListener("htmx:afterSwap", ready);
  ready();
})();
