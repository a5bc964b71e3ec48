// What an annotation in a chart says, beside it, while it is pointed at or has the focus. Without scripts it is the
// title of its mark, which browsers show by themselves.
(() => {
  "use strict";
  const tip = document.createElement("div");
  tip.className = "annotation-tip";
  tip.hidden = true;
  tip.setAttribute("aria-hidden", "true");  // the mark's own name says the same
  let shown = null;
  let touched = null;

  // Else the browser would say it a second time.
  function take() {
    for (const title of document.querySelectorAll(".annotations title")) {
      title.parentNode.dataset.said = title.textContent;
      title.remove();
    }
  }
  take();
  document.addEventListener("htmx:afterSettle", take);

  function show(mark) {
    if (shown === mark) return;
    shown = mark;
    take();
    tip.replaceChildren(...mark.dataset.said.split("\n").map((line) => {
      const row = document.createElement("p");
      row.textContent = line;
      return row;
    }));
    // In a dialog or not: on top of what the mark is in.
    (mark.closest("dialog, [popover]") ?? document.body).append(tip);
    tip.hidden = false;
    const at = mark.querySelector("path").getBoundingClientRect();
    const box = tip.getBoundingClientRect();
    const left = Math.min(Math.max(8, at.left + at.width / 2 - box.width / 2), document.documentElement.clientWidth - box.width - 8);
    const above = at.top - box.height - 8;
    tip.style.left = `${left}px`;
    tip.style.top = `${above >= 8 ? above : Math.min(at.bottom + 8, innerHeight - box.height - 8)}px`;
  }

  function hide() {
    shown = null;
    tip.hidden = true;
  }

  const markOf = (event) => event.target.closest?.(".annotations a");
  document.addEventListener("pointerover", (event) => { const mark = markOf(event); if (mark) show(mark); else if (shown && shown !== document.activeElement) hide(); });
  document.addEventListener("focusin", (event) => { const mark = markOf(event); if (mark) show(mark); else hide(); });
  document.addEventListener("focusout", (event) => { if (markOf(event)) hide(); });
  document.addEventListener("keydown", (event) => { if (event.key === "Escape" && shown) hide(); });
  addEventListener("scroll", hide, { capture: true, passive: true });
  document.addEventListener("htmx:beforeSwap", hide);
  // A finger has no way to point: its first tap reads, the second follows the link.
  document.addEventListener("pointerdown", (event) => {
    const mark = markOf(event);
    touched = mark && event.pointerType === "touch" && mark !== touched ? mark : null;
    if (touched) touched.dataset.read = "";
  });
  document.addEventListener("click", (event) => {
    const mark = markOf(event);
    if (!mark || !("read" in mark.dataset)) return;
    delete mark.dataset.read;
    event.preventDefault();
    show(mark);
  });
})();
