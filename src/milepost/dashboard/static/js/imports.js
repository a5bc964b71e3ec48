// Importing a table: the file stays here, and goes to the server with what is said of its columns, first to be looked at
// and then to be stored, which is told line by line.
(() => {
  "use strict";
  const form = document.getElementById("import");
  const chosen = document.getElementById("file");
  const state = document.getElementById("import-state");
  const preview = document.getElementById("import-preview");
  const token = form.querySelector("[name=_csrf_token]").value;
  let file = null;
  let asking = null;

  // -- What is said: only what somebody chose; all else is found out -------------------------------------
  function said() {
    const params = new URLSearchParams();
    const map = { columns: {} };
    const of = preview.querySelector("[data-of]");
    const id = preview.querySelector("[data-id]");
    if (of?.dataset.said) params.set("of", of.value);
    if (id?.dataset.said && id.value) params.set("id", id.value);
    if (preview.querySelector("[data-clear]")?.checked) map.empty = "clear";
    for (const row of preview.querySelectorAll("[data-column]")) {
      if (!row.querySelector("[data-take]").checked) { map.columns[row.dataset.column] = false; continue; }
      const fields = [...row.querySelectorAll("[data-say]")].filter((field) => field.value.trim() && (field.tagName === "SELECT" || field.dataset.said));
      const one = Object.fromEntries(fields.map((field) => [field.dataset.say, field.value.trim()]));
      if (fields.length) map.columns[row.dataset.column] = one;
    }
    if (map.empty || Object.keys(map.columns).length) params.set("map", JSON.stringify(map));
    return params;
  }
  async function send(step, signal) {
    const answer = await fetch(`/customers/import/${step}?${said()}`, {
      method: "POST", body: file, signal,
      headers: { "Accept": "application/json", "Content-Type": "application/octet-stream", "X-CSRFToken": token },
    });
    if (answer.redirected) { location.assign(answer.url); throw new DOMException("Signed out", "AbortError"); }
    if (answer.ok) return answer;
    const type = answer.headers.get("Content-Type") ?? "";
    throw new Error(type.includes("json") ? (await answer.json()).message : "The server could not answer. Try again.");
  }
  function tell(text, wrong = false) {
    const line = document.createElement("p");
    line.className = wrong ? "problem" : "muted";
    line.textContent = text;
    if (wrong) line.setAttribute("role", "alert");
    state.replaceChildren(...(text ? [line] : []));
  }
  const why = (error) => error instanceof TypeError ? "The file or the server cannot be reached any more. Choose the file again." : error.message;

  // -- The preview, anew after each change ------------------------------------------------------------------
  async function look() {
    asking?.abort();
    const mine = asking = new AbortController();
    tell(preview.firstChild ? "" : "Reading the file…");
    preview.setAttribute("aria-busy", "true");
    try {
      const html = await (await send("preview", mine.signal)).text();
      if (mine.signal.aborted) return;
      const typing = document.activeElement?.closest("#import-preview") ? document.activeElement : null;
      const late = typing?.matches("input:not([type=checkbox])") && typing.value !== typing.defaultValue ? typing.value : null;
      preview.innerHTML = html;
      window.milepost.localise(preview);
      tell("");
      const again = typing && document.getElementById(typing.id);
      again?.focus();
      // What was typed while the answer came stays, and counts once it is finished.
      if (again && late !== null && again.value !== late) {
        again.value = late;
        again.addEventListener("blur", () => again.dispatchEvent(new Event("change", { bubbles: true })), { once: true });
      }
    } catch (error) {
      if (error.name !== "AbortError") tell(why(error), true);
    } finally {
      if (asking === mine) preview.removeAttribute("aria-busy");
    }
  }
  function take(one) {
    if (!one) return;
    file = one;
    preview.replaceChildren();
    form.querySelector("[data-name]").textContent = one.name;
    if (one.size > Number(form.dataset.most)) tell("The file has more than 20 MB. Split it, or use milepost import-customers.", true);
    else look();
  }
  chosen.addEventListener("change", () => take(chosen.files[0]));
  // Chosen while this script was on its way, or kept by the browser over a reload.
  if (chosen.files.length) take(chosen.files[0]);
  const drop = form.querySelector(".drop");
  for (const name of ["dragover", "dragleave", "drop"]) {
    drop.addEventListener(name, (event) => {
      event.preventDefault();
      drop.classList.toggle("over", name === "dragover");
      if (name === "drop") take(event.dataTransfer.files[0]);
    });
  }
  preview.addEventListener("change", (event) => {
    event.target.dataset.said = "1";
    look();
  });

  // -- The import: how far it is, line by line ----------------------------------------------------------------
  async function run(button) {
    asking?.abort();
    button.disabled = true;
    tell("Sending the file…");
    const bar = document.createElement("progress");
    bar.setAttribute("aria-label", "Imported");
    state.append(bar);
    bar.scrollIntoView({ block: "center" });
    let last = null;
    try {
      const reader = (await send("run")).body.pipeThrough(new TextDecoderStream()).getReader();
      for (let text = "", read = await reader.read(); !read.done; read = await reader.read()) {
        const lines = (text + read.value).split("\n");
        text = lines.pop();
        for (const line of lines) {
          last = JSON.parse(line);
          bar.max = Math.max(last.total, 1);
          bar.value = last.done;
          state.firstChild.textContent = `${window.milepost.number(last.done)} of ${window.milepost.number(last.total)}`;
        }
      }
      if (last?.problem) throw new Error(`${last.problem} What was stored is stored; import the file again for the rest.`);
      if (!last?.report) throw new Error("The answer broke off. Import the file again: what was stored does not change.");
      tell("");
      preview.innerHTML = last.report;
      window.milepost.localise(preview);
      preview.querySelector(".import-report").focus();
    } catch (error) {
      button.disabled = false;
      if (error.name !== "AbortError") tell(why(error), true);
    }
  }
  preview.addEventListener("click", (event) => {
    const button = event.target.closest("[data-run]");
    if (button) run(button);
  });
  window.addEventListener("beforeunload", (event) => { if (state.querySelector("progress")) event.preventDefault(); });
})();
