// Numbers, lengths of time and intervals of a chart in the reader's locale, and the box that says what is pointed at.
(() => {
  "use strict";
  const { number } = window.milepost;
  const locale = navigator.languages?.[0] ?? navigator.language;
  const dates = {
    hour: new Intl.DateTimeFormat(locale, { day: "numeric", month: "short", hour: "2-digit", minute: "2-digit", timeZone: "UTC" }),
    day: new Intl.DateTimeFormat(locale, { weekday: "short", day: "numeric", month: "short", timeZone: "UTC" }),
    axis: new Intl.DateTimeFormat(locale, { day: "numeric", month: "short", timeZone: "UTC" }),
    month: new Intl.DateTimeFormat(locale, { month: "short", year: "numeric", timeZone: "UTC" }),
  };

  // An hour is named by its local clock: the offset is cut off, so that no other zone moves it.
  const local = (stamp) => new Date(stamp.length > 10 ? `${stamp.slice(0, 19)}Z` : `${stamp}T00:00:00Z`);
  function bucket(stamp, interval, style) {
    const format = interval === "hour" || interval === "month" ? interval : style === "axis" ? "axis" : "day";
    const text = dates[format].format(local(stamp));
    return interval === "week" && style !== "axis" ? `Week of ${text}` : text;
  }

  function lasting(seconds) {
    if (seconds === null || seconds === undefined) return "–";
    if (seconds < 60) return `${number(Math.round(seconds))} s`;
    if (seconds < 3600) return `${number(Math.floor(seconds / 60))} min`;
    if (seconds < 172800) return `${number(Math.floor(seconds / 3600))} h`;
    return `${number(Math.floor(seconds / 86400))} days`;
  }

  const values = {
    number: (value) => number(value, Number.isInteger(value) ? "" : "1"),
    percent: (value) => number(value, "percent"),
    fixed: (value) => number(value, "fixed"),
    milliseconds: (value) => lasting(value / 1000),
  };
  const ticks = { ...values, number: (value) => number(value, "compact") };

  // Tooltips are elements, not text that becomes HTML: a customer may be called anything, and styles come from files.
  function tip(title, rows) {
    const box = document.createElement("div");
    box.className = "chart-tip";
    const head = document.createElement("strong");
    head.textContent = title;
    box.append(head);
    for (const { name, value, mark, note } of rows) {
      const row = document.createElement("div");
      if (value === undefined) row.className = "note";
      if (mark !== undefined) {
        const swatch = document.createElement("i");
        swatch.className = `swatch mark-${mark}`;
        row.append(swatch);
      }
      const label = document.createElement("span");
      label.textContent = name;
      const figure = document.createElement("b");
      figure.textContent = value ?? "";
      row.append(label, figure);
      if (note) { const small = document.createElement("small"); small.textContent = note; row.append(small); }
      box.append(row);
    }
    return box;
  }

  window.milepost.chartFormats = {
    bucket, lasting, tip,
    value: (format) => (value) => value === null || value === undefined || value === "-" ? "–" : values[format ?? "number"](value),
    tick: (format) => ticks[format ?? "number"],
  };
})();
