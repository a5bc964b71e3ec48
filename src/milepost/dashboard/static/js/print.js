// On paper: a light page whatever the screen's theme, and above the answer what was asked and when.
(() => {
  "use strict";
  const root = document.documentElement;
  let theme = null;

  // What the form of a question says, in its own words: "Period: Last 30 days", and lines of steps and filters.
  function words(form) {
    const chosen = (field) => (field.matches("select") ? field.selectedOptions[0]?.textContent : field.dataset.shown || field.value)?.trim();
    const unused = (field) => field.closest(".condition")?.querySelector("select").value === "";
    const shown = (field) => field.type !== "hidden" && !field.matches("[role], .key") && !field.disabled && !unused(field) && !(field.closest(".dates") && form.querySelector('#days option[value="custom"]:not(:checked)'));
    const said = [];
    for (const row of form.querySelectorAll(".steps li, .sentence, .filter, .choice")) {
      const chip = row.querySelector("details[data-chip] summary");
      if (chip) { said.push(chip.textContent.trim()); continue; }
      const fields = [...row.querySelectorAll("select, input")].filter(shown);
      const texts = fields.map(chosen).filter((text) => text && text !== "where …" && text !== "same measure");
      const name = row.querySelector("label, .lead, .place")?.textContent.trim();
      if (texts.length && texts[0] !== "Nothing") said.push(name ? `${name}: ${texts.join(" ")}` : texts.join(" "));
    }
    return said.join(" · ");
  }

  function prepare() {
    if (theme !== null) return;
    theme = root.dataset.theme ?? "";
    root.dataset.theme = "light";
    const form = document.querySelector("form.question");
    const line = document.createElement("p");
    line.className = "printed";
    const moment = new Date().toLocaleString(navigator.language, { dateStyle: "medium", timeStyle: "short" });
    line.textContent = [form && words(form), `Printed ${moment}`].filter(Boolean).join(" · ");
    const head = document.querySelector("main .page-head");
    if (head) head.after(line); else document.querySelector("main").prepend(line);
  }
  function restore() {
    if (theme) root.dataset.theme = theme; else delete root.dataset.theme;
    theme = null;
    document.querySelector("main .printed")?.remove();
  }
  addEventListener("beforeprint", prepare);
  addEventListener("afterprint", restore);
})();
