import type { DeviceInfo } from "./types.js";
import { here } from "./env.js";

// Order matters: Edge and Opera say Chrome too, and Chrome says Safari.
const BROWSERS = { Edge: /Edg/, Opera: /OPR/, Firefox: /Firefox|FxiOS/, Chrome: /Chrom|CriOS/, Safari: /Safari/ };

/** What kind of device and browser this is; `server` and `Other` where there is no window. */
export function getDeviceInfo(): DeviceInfo {
  if (!here) return { deviceType: "server", browser: "Other" };
  const { userAgent, maxTouchPoints } = navigator;
  return {
    deviceType:
      // An iPad says it is a Mac; no Mac has a touch screen.
      /iPad|Tablet|Android(?!.*Mobile)/.test(userAgent) || (/Macintosh/.test(userAgent) && maxTouchPoints > 1)
        ? "tablet"
        : /Mobi/.test(userAgent)
          ? "mobile"
          : "desktop",
    browser: Object.entries(BROWSERS).find(([, pattern]) => pattern.test(userAgent))?.[0] || "Other",
  };
}
