import { useSyncExternalStore } from "react";
import type { ToolId } from "@milepost/browser";

export const TOOLS = ["icp-analysis", "cost-calculator", "business-case", "resource-library"] as const satisfies ToolId[];
export type Tool = (typeof TOOLS)[number];

/** The page of the customer's own progress; no tool. */
export const PROGRESS = "progress";
export type Place = Tool | typeof PROGRESS;

export interface Route {
  place: Place;
  /** What follows the tool: an article's id in the library. */
  rest: string | undefined;
}

function parse(hash: string): Route {
  const [place, rest] = hash.replace(/^#\/?/, "").split("/");
  return { place: [...TOOLS, PROGRESS].find((one): one is Place => one === place) ?? TOOLS[0], rest: rest || undefined };
}

const listen = (changed: () => void): (() => void) => {
  window.addEventListener("hashchange", changed);
  return () => window.removeEventListener("hashchange", changed);
};

/** Where the address says we are: `#/icp-analysis`, `#/resource-library/value-pricing`. */
export const useRoute = (): Route => parse(useSyncExternalStore(listen, () => window.location.hash));

export const pathTo = (place: Place, rest?: string): string => `#/${place}${rest === undefined ? "" : `/${rest}`}`;
