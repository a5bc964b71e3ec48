import { useSyncExternalStore } from "react";
import type { ToolId } from "@milepost/browser";

export const TOOLS = ["icp-analysis", "cost-calculator", "business-case", "resource-library"] as const satisfies ToolId[];
export type Tool = (typeof TOOLS)[number];

export interface Route {
  tool: Tool;
  /** What follows the tool: an article's id in the library. */
  rest: string | undefined;
}

function parse(hash: string): Route {
  const [tool, rest] = hash.replace(/^#\/?/, "").split("/");
  return { tool: TOOLS.find((one) => one === tool) ?? TOOLS[0], rest: rest || undefined };
}

const listen = (changed: () => void): (() => void) => {
  window.addEventListener("hashchange", changed);
  return () => window.removeEventListener("hashchange", changed);
};

/** Where the address says we are: `#/icp-analysis`, `#/resource-library/value-pricing`. */
export const useRoute = (): Route => parse(useSyncExternalStore(listen, () => window.location.hash));

export const pathTo = (tool: Tool, rest?: string): string => `#/${tool}${rest === undefined ? "" : `/${rest}`}`;
