// Runs before the first paint, so a chosen theme never flashes the other one.
(() => {
  "use strict";
  const chosen = localStorage.getItem("milepost-theme");
  if (chosen === "light" || chosen === "dark") document.documentElement.dataset.theme = chosen;
  // Style sheets show by this what only a script can draw, before the first paint: nothing jumps.
  document.documentElement.classList.add("scripted");
})();
