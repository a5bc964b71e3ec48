// "?" lists the keys: of everywhere, then of this page. A part of a page says its own by `data-key` and `data-key-says`;
// a script by `milepost.keys.push({ key: "j", says: "Next row" })`.
(() => {
  "use strict";
  const dialog = document.getElementById("page-keys");
  if (!dialog) return;
  window.milepost.keys ??= [];

  function showKeys() {
    const said = [...document.querySelectorAll("main [data-key]")].map((one) => ({ key: one.dataset.key, says: one.dataset.keySays }));
    const once = new Map([...said, ...window.milepost.keys].map((one) => [`${one.key} ${one.says}`, one]));
    const box = dialog.querySelector("[data-page-keys]");
    box.hidden = once.size === 0;
    box.querySelector("dl").replaceChildren(...[...once.values()].map(({ key, says }) => {
      const row = document.createElement("div");
      const name = document.createElement("dt");
      key.split(" ").forEach((each, place) => {
        const pressed = document.createElement("kbd");
        pressed.textContent = each;
        name.append(place ? " " : "", pressed);
      });
      const meaning = document.createElement("dd");
      meaning.textContent = says;
      row.append(name, meaning);
      return row;
    }));
    if (!dialog.open) dialog.showModal();
  }
  window.milepost.showKeys = showKeys;

  dialog.addEventListener("click", (event) => { if (event.target === dialog || event.target.closest("[data-close]")) dialog.close(); });
  document.addEventListener("keydown", (event) => {
    if (event.key !== "?" || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.target.closest("input, select, textarea, [contenteditable]")) return;
    event.preventDefault();
    if (dialog.open) dialog.close(); else showKeys();
  });
})();
