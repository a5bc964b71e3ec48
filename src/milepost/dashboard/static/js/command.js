// The command bar: how it opens and closes, on every page. What it lists comes with its first opening.
(() => {
  "use strict";
  const bar = document.getElementById("command");
  if (!bar) return;
  const field = document.getElementById("command-input");
  const mac = /Mac|iP(hone|ad|od)/.test(navigator.platform);
  if (mac) for (const key of document.querySelectorAll("[data-mod]")) key.textContent = "⌘";
  document.addEventListener("submit", (event) => {
    if (event.target.getAttribute("action") === "/sign-out") localStorage.removeItem("milepost-recent");
  });

  // -- The list is a file of its own, as most pages are read without it; an Enter before it is there is kept --------
  let coming = false;
  let early = null;
  function come() {
    if (coming) return;
    coming = true;
    const script = document.createElement("script");
    script.src = bar.dataset.list;
    script.addEventListener("load", () => {
      window.milepost.listCommands();
      if (early && bar.open) field.dispatchEvent(early);
      early = null;
    });
    script.addEventListener("error", () => { coming = false; script.remove(); });
    document.head.append(script);
  }
  field.addEventListener("keydown", (event) => {
    if (window.milepost.listCommands || event.key !== "Enter" || event.isComposing) return;
    event.preventDefault();
    early = new KeyboardEvent("keydown", event);
  });

  function start(text = "") {
    if (bar.open) return;
    field.value = text;
    bar.showModal();
    if (window.milepost.listCommands) window.milepost.listCommands(); else come();
  }
  bar.addEventListener("click", (event) => { if (event.target === bar || event.target.closest("[data-close]")) bar.close(); });
  document.addEventListener("click", (event) => { if (event.target.closest("[data-command-open]")) start(); });
  document.addEventListener("keydown", (event) => {
    if (event.key.toLowerCase() !== "k" || event.altKey || event.shiftKey || !(mac ? event.metaKey && !event.ctrlKey : event.ctrlKey && !event.metaKey)) return;
    event.preventDefault();
    if (bar.open) bar.close(); else start();
  });
  window.milepost.openCommand = start;

  // -- An address that names a field in a closed part of the page opens that part ---------------------------------
  function reveal() {
    const target = location.hash.length > 1 && document.getElementById(decodeURIComponent(location.hash.slice(1)));
    const closed = target && target.closest("details:not([open])");
    if (closed) closed.open = true;
    if (target && target.matches("input, textarea, select")) { target.scrollIntoView({ block: "center" }); target.focus(); }
  }
  window.addEventListener("hashchange", reveal);
  reveal();
})();
