// Runs before the first paint, so a chosen theme never flashes the other one.
(() => {
  "use strict";
  const chosen = localStorage.getItem("milepost-theme");
  if (chosen === "light" || chosen === "dark") document.documentElement.dataset.theme = chosen;
})();
