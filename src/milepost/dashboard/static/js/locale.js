// Writes numbers and dates again in the reader's locale and time zone. The server's text stays where
// something cannot be read. Numbers: <data value data-number="|compact|percent|DIGITS">; times: <time datetime data-time>.
(() => {
  "use strict";
  const locale = navigator.languages?.[0] ?? navigator.language;
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  // The server groups days by this zone and falls back to it; it is the only thing the cookie says.
  if (zone) document.cookie = `tz=${encodeURIComponent(zone)};path=/;max-age=31536000;samesite=lax`;

  const numbers = new Map();
  function numberFormat(style) {
    if (!numbers.has(style)) {
      const options = {
        "": { maximumFractionDigits: 0 },
        compact: { notation: "compact", maximumFractionDigits: 1 },
        percent: { style: "percent", maximumFractionDigits: 0 },
        fixed: { minimumFractionDigits: 2, maximumFractionDigits: 2 },
        signed: { minimumFractionDigits: 3, maximumFractionDigits: 3, signDisplay: "exceptZero" },
      }[style] ?? { maximumFractionDigits: Number(style) || 0 };
      numbers.set(style, new Intl.NumberFormat(locale, options));
    }
    return numbers.get(style);
  }
  const date = (options) => new Intl.DateTimeFormat(locale, options);
  const times = {
    full: date({ day: "numeric", month: "short", year: "numeric", hour: "2-digit", minute: "2-digit" }),
    clock: date({ hour: "numeric", minute: "2-digit" }),
    seconds: date({ hour: "2-digit", minute: "2-digit", second: "2-digit" }),
    date: date({ day: "numeric", month: "short", year: "numeric" }),
    // A calendar day is the same everywhere: it is read and written in UTC.
    axis: date({ day: "numeric", month: "short", timeZone: "UTC" }),
    dated: date({ day: "numeric", month: "short", year: "numeric", timeZone: "UTC" }),
    day: date({ weekday: "short", day: "numeric", month: "short", timeZone: "UTC" }),
    month: date({ month: "short", year: "numeric", timeZone: "UTC" }),
  };
  // Words stay in the page's language; the same steps as `relative` in format.py.
  const relative = new Intl.RelativeTimeFormat("en", { numeric: "auto" });
  const steps = [[3570, "minute", 60], [84600, "hour", 3600], [2592000, "day", 86400], [31536000, "month", 2629800], [Infinity, "year", 31557600]];
  function ago(moment) {
    const seconds = (moment - Date.now()) / 1000;
    if (Math.abs(seconds) < 45) return "just now";
    const [, unit, length] = steps.find(([limit]) => Math.abs(seconds) < limit);
    const count = Math.max(1, Math.round(Math.abs(seconds) / length)) * Math.sign(seconds);
    return unit === "day" ? relative.format(count, unit) : new Intl.RelativeTimeFormat("en").format(count, unit);
  }

  function number(value, style = "") {
    if (style === "compact" && Math.abs(value) < 10000) style = "";
    if (style === "percent" && value !== 0 && Math.abs(value) < 0.005) return "<" + numberFormat("percent").format(0.01);
    return numberFormat(style).format(value);
  }
  function time(text, style) {
    const moment = new Date(text);
    if (Number.isNaN(moment.getTime())) return null;
    const age = Math.round((Date.now() - moment) / 1000);
    if (style === "fresh" && age < 60) return age < 1 ? "now" : `${number(age)}\u00a0s ago`;
    return style === "ago" || style === "fresh" ? ago(moment) : times[style]?.format(moment) ?? null;
  }
  function write(element, text) {
    if (text !== null && element.textContent !== text) element.textContent = text;
  }
  function localise(root) {
    for (const element of root.querySelectorAll("data[data-number]")) {
      const value = Number(element.value);
      if (!Number.isFinite(value)) continue;
      write(element, number(value, element.dataset.number));
      if (element.dataset.number === "compact") element.title = number(value);
    }
    for (const element of root.querySelectorAll("time[data-time]")) {
      write(element, time(element.dateTime, element.dataset.time));
      if (element.dataset.time === "ago" || element.dataset.time === "fresh") element.title = time(element.dateTime, "full") ?? "";
    }
    for (const element of root.querySelectorAll("[data-day-label]")) {
      write(element, time(element.dataset.dayLabel, "axis"));
    }
    for (const element of root.querySelectorAll("[data-tick]")) write(element, number(Number(element.dataset.tick), "compact"));
  }
  window.milepost = { localise, number, time };
  localise(document);
  document.addEventListener("htmx:afterSwap", () => localise(document));
  setInterval(() => {
    for (const element of document.querySelectorAll('time:is([data-time="ago"], [data-time="fresh"])')) write(element, time(element.dateTime, element.dataset.time));
  }, 10000);
})();
