import type { Recommendation } from "@milepost/browser";
import { pathTo, TOOLS } from "../route.js";

/** Where in this application a recommendation is done. */
export function linkTo({ tool_id }: Recommendation): string | undefined {
  const tool = TOOLS.find((one) => one === tool_id);
  return tool && pathTo(tool);
}
