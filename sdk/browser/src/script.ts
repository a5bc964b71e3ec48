import { createTracker, getDeviceInfo } from "./index.js";
import type { Tracker, TrackerOptions } from "./types.js";

/** The script tag's way in: its `data-` attributes are the options, `window.milepost` is the tracker. */

type Call = [keyof Tracker, ...unknown[]];
const holder = window as unknown as { milepost?: object | Call[] };
const tag = document.currentScript as HTMLScriptElement | null;
const words: Record<string, string | undefined> = { ...tag?.dataset };
const given: Record<string, unknown> = {};
for (const [name, value] of Object.entries(words)) given[name] = /^(true|false|\d+)$/.test(value!) && !/Id$|Key$|Arr$/.test(name) ? JSON.parse(value!) : value;

const early = holder.milepost;
const made = words.writeKey
  ? createTracker({ host: tag?.src ? new URL(tag.src).origin : undefined, ...given } as unknown as TrackerOptions)
  : undefined;
holder.milepost = { ...made, createTracker, getDeviceInfo };
// Calls made before the script was there: milepost = [["trackClick", { buttonId: "a" }], ...]
if (made && Array.isArray(early))
  for (const [name, ...args] of early as Call[]) (made[name] as ((...args: unknown[]) => unknown) | undefined)?.(...args);
