// The choice of a theme; theme.js reads it before the first paint of every page.
(() => {
  "use strict";
  const themes = document.querySelector("[data-themes]");
  const root = document.documentElement;
  const show = () => { for (const one of themes.querySelectorAll("input")) one.checked = one.value === (root.dataset.theme ?? ""); };
  show();
  themes.hidden = false;
  themes.addEventListener("change", (event) => {
    const chosen = event.target.value;
    if (chosen) {
      root.dataset.theme = chosen;
      localStorage.setItem("milepost-theme", chosen);
    } else {
      delete root.dataset.theme;
      localStorage.removeItem("milepost-theme");
    }
  });
  // The button in the navigation chooses too.
  new MutationObserver(show).observe(root, { attributeFilter: ["data-theme"] });
})();
