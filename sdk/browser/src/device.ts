import type { DeviceInfo } from "./types.js";

// Order matters: Edge and Opera say Chrome too, and Chrome says Safari.
const BROWSERS: [RegExp, string][] = [
  [/Edg/, "Edge"],
  [/OPR|Opera/, "Opera"],
  [/Samsung/, "Samsung Internet"],
  [/Firefox|FxiOS/, "Firefox"],
  [/Chrom|CriOS/, "Chrome"],
  [/Safari/, "Safari"],
];

/** What kind of device and browser this is; `server` and `Other` where there is no window. */
export function getDeviceInfo(): DeviceInfo {
  if (typeof window === "undefined") return { deviceType: "server", browser: "Other" };
  const agent = navigator.userAgent;
  // An iPad says it is a Mac; no Mac has a touch screen.
  const tablet = /iPad|Tablet|Android(?!.*Mobile)/.test(agent) || (/Mac/.test(agent) && navigator.maxTouchPoints > 1);
  return {
    deviceType: tablet ? "tablet" : /Mobi|iPhone/.test(agent) ? "mobile" : "desktop",
    browser: BROWSERS.find(([pattern]) => pattern.test(agent))?.[1] || "Other",
  };
}
