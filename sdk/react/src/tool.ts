import { useContext, useEffect, useRef } from "react";
import type { ToolId, ToolSection, VisitOptions } from "@milepost/browser";
import { ScalingContext, useTracker } from "./context.js";
import { defined, fieldsOf } from "./fields.js";
import { visits } from "./visits.js";

/** `competencyArea`: what the customer gets better at in the tool, as your tracking plan has it. */
export type ToolTrackingOptions = Pick<VisitOptions, "competencyArea">;

/**
 * Tracks the entry into a tool and, with its `duration_ms`, the exit from it: once each per visit, under
 * StrictMode, `<Activity>`, quick switches and with two copies of this package. A visit ends when the last
 * component with the same three ids is gone or hidden, or the page goes away. Entry and exit carry the options
 * as they were at the entry.
 */
export function useToolTracking(
  customerId: string,
  toolId: ToolId,
  toolSection?: ToolSection,
  options: ToolTrackingOptions = {},
): void {
  const tracker = useTracker();
  const scaling = useContext(ScalingContext);
  const { competencyArea } = options;
  const known = useRef({ scaling, competencyArea });
  useEffect(() => {
    known.current = { scaling, competencyArea };
  });
  useEffect(() => {
    const enter = () => {
      const { scaling, competencyArea } = known.current;
      return tracker.enterTool(toolId, toolSection, defined({ ...fieldsOf({ customerId }, scaling), competencyArea }));
    };
    return visits().join(JSON.stringify([customerId, toolId, toolSection]), enter);
  }, [tracker, customerId, toolId, toolSection]);
}
