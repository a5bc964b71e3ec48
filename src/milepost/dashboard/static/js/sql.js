// The statement: Ctrl+Enter runs it, and what is saved is what the field says now.
(() => {
  "use strict";
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey) || event.target.id !== "statement") return;
    event.preventDefault();
    document.getElementById("sql-form").requestSubmit();
  });
  document.addEventListener("submit", (event) => {
    const form = document.getElementById("sql-form");
    if (!event.target.matches("[data-takes-statement]") || !form) return;
    event.target.elements.sql.value = form.elements.sql.value;
    event.target.elements.chart.value = form.elements.chart.value;
  });
})();
