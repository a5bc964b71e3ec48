import { createTracker, getDeviceInfo } from "./index.js";
import type { TrackerOptions } from "./types.js";

/** The script tag's way in: its `data-` attributes are the options, `window.milepost` is the tracker. */

const holder = window as unknown as { milepost?: unknown };
const tag = document.currentScript as HTMLScriptElement | null;
const options: Record<string, unknown> = { host: tag?.src && new URL(tag.src).origin };
for (const [name, value] of Object.entries(tag?.dataset || {})) options[name] = value === "false" ? false : value;

const tracker = options.writeKey ? createTracker(options as unknown as TrackerOptions) : undefined;
holder.milepost = { createTracker, getDeviceInfo, ...tracker };
