// The question bar: its chips, cancelling, what is typed while an answer comes, and who is behind a bar.
// Forms are plain ones that htmx sends; all of this is on top of what works without it.
(() => {
  "use strict";
  // -- A question that takes long: how long it has been, and a way out --------------------------------------
  let clock = 0;
  document.addEventListener("htmx:beforeRequest", (event) => {
    const page = document.getElementById("page");
    if (!page || !["page", "answer-body"].includes(event.detail.target?.id)) return;
    // The answer that the page still waits for is one to another question now.
    const waited = page.querySelector("[data-waiting]");
    if (waited && event.target !== waited) window.htmx.trigger(waited, "htmx:abort");
    const started = Date.now();
    const state = page.querySelector("[data-elapsed]");
    clearInterval(clock);
    clock = setInterval(() => {
      const seconds = Math.floor((Date.now() - started) / 1000);
      if (state) state.textContent = seconds ? `${seconds} s` : "";
    }, 500);
  });
  document.addEventListener("htmx:afterRequest", () => clearInterval(clock));
  document.addEventListener("click", (event) => {
    if (!event.target.closest("[data-cancel]")) return;
    for (const source of document.querySelectorAll("form.question, [data-waiting]")) window.htmx.trigger(source, "htmx:abort");
    const wait = document.querySelector("[data-waiting]");
    if (wait) wait.dataset.waiting = "cancelled";
  });
  for (const name of ["htmx:sendError", "htmx:timeout", "htmx:responseError"]) {
    document.addEventListener(name, () => {
      const said = document.querySelector("[data-request-trouble]");
      if (said) said.hidden = false;
    });
  }

  // -- What is being typed while an answer arrives stays, and counts once it is finished ----------------------
  let typing = null;
  // Changed since the last request: its answer is old, and the next request is on its way.
  let changed = false;
  document.addEventListener("change", (event) => { changed = Boolean(event.target.closest("form.question")); });
  document.addEventListener("htmx:beforeRequest", () => { changed = false; });
  document.addEventListener("htmx:beforeSwap", (event) => {
    if (["page", "answer-body"].includes(event.detail.target?.id) && changed) { event.detail.shouldSwap = false; return; }
    const field = document.activeElement;
    typing = event.detail.target?.id === "page" && field?.matches?.("form.question input:not([role])") ? { id: field.id, value: field.value } : null;
  });
  document.addEventListener("htmx:afterSwap", () => {
    const field = typing && document.getElementById(typing.id);
    if (field && field.value !== typing.value) {
      field.value = typing.value;
      field.addEventListener("blur", () => field.dispatchEvent(new Event("change", { bubbles: true })), { once: true });
    }
    typing = null;
  });
  // htmx hears the new form a moment after it is there: a change of that moment is told again.
  document.addEventListener("htmx:afterSettle", () => {
    if (changed) document.querySelector("form.question")?.dispatchEvent(new Event("change", { bubbles: true }));
  });

  // htmx takes a button that merely has the focus for one that was pressed: only a press sends its command.
  document.addEventListener("htmx:configRequest", (event) => {
    if (event.target.matches?.("form.question") && event.detail.triggeringEvent?.type !== "submit") delete event.detail.parameters.do;
  });

  // -- After a button: the focus goes where its row went, or to the row's first field ------------------------
  document.addEventListener("htmx:afterSettle", (event) => {
    const id = event.target.closest?.("[data-focus]")?.dataset.focus ?? document.querySelector("#page[data-focus]")?.dataset.focus;
    const wanted = id && document.getElementById(id);
    if (!wanted) return;
    delete document.getElementById("page").dataset.focus;
    const field = wanted.disabled ? document.getElementById(id.replace(/-(up|down)$/, "-event")) : wanted;
    (document.getElementById(`${field.id}-pick`) ?? field).focus();
  });

  // -- Chips: one stays open while its parts are chosen, and closes once it is complete ------------------------------
  let editing = null;
  let done = false;
  document.addEventListener("change", (event) => {
    const chip = event.target.closest("details[data-chip]");
    done = Boolean(chip) && event.target.name.endsWith("value");
    editing = chip && !done ? chip.id : null;
  });
  document.addEventListener("htmx:beforeSwap", () => {
    if (!done) editing ??= document.activeElement?.closest("details[data-chip][open]")?.id ?? null;
  });
  // Before anything in it is given the focus again.
  document.addEventListener("htmx:afterSwap", () => {
    const chip = editing && document.getElementById(editing);
    editing = null;
    done = false;
    if (chip) chip.open = true;
  }, true);

  // -- Saved is what the form says now, whose answer may still be under way -----------------------------------------
  document.addEventListener("submit", (event) => {
    const form = document.querySelector("form.question");
    if (event.target.matches('form[action="/reports"]') && form) event.target.elements.address.value = new URLSearchParams(new FormData(form));
  });

  // -- A link to what is shown, whole: as another browser needs it --------------------------------------------------
  function link() {
    for (const button of document.querySelectorAll("[data-copy-here]")) button.dataset.copyText = new URL(button.dataset.copyHere, location.href).href;
  }
  link();

  // On a phone the tabs may be more than there is room for: the one that is open is among those one sees.
  function showTab() {
    const tab = document.querySelector(".line-tabs [aria-current]");
    const strip = tab?.parentElement;
    if (strip) strip.scrollLeft = tab.offsetLeft - strip.offsetLeft - (strip.clientWidth - tab.offsetWidth) / 2;
  }
  showTab();
  document.addEventListener("htmx:afterSwap", showTab);

  // -- The address of a fresh page names what was only assumed (the zone), so that a link says all ----------
  function nameAll() {
    const form = document.querySelector("form.question[data-address]");
    if (form && !location.search) history.replaceState(history.state, "", form.dataset.address);
  }
  nameAll();

  // -- Who is behind it: the page of that address, in a sheet over this one ----------------------------------
  async function showBehind(address) {
    const sheet = document.getElementById("behind");
    if (!sheet?.showModal) { location.assign(address); return; }
    const body = sheet.querySelector("[data-sheet]");
    body.replaceChildren(document.getElementById("behind-waiting").content.cloneNode(true));
    if (!sheet.open) sheet.showModal();
    sheet.abort?.abort();
    sheet.abort = new AbortController();
    const part = await window.milepost.partOf(address, "[data-behind]", sheet.abort.signal);
    if (!part) return;
    body.replaceChildren(part);
    window.milepost.localise(document);
  }
  window.milepost.showBehind = showBehind;
  document.addEventListener("click", (event) => {
    const link = event.target.closest("a[data-who]");
    if (link && !(event.ctrlKey || event.metaKey || event.shiftKey || event.button)) {
      event.preventDefault();
      showBehind(link.getAttribute("href"));
    }
    const sheet = event.target.closest("dialog#behind");
    if (sheet && (event.target === sheet || event.target.closest("[data-close]"))) sheet.close();
  });
  document.addEventListener("close", (event) => { if (event.target.id === "behind") event.target.abort?.abort(); }, true);
})();
