import { useContext, useEffect, useRef } from "react";
import type { ToolId, ToolSection } from "@milepost/browser";
import { ScalingContext, useTracker } from "./context.js";
import { fieldsOf } from "./fields.js";
import { visits } from "./visits.js";

/**
 * Tracks the entry into a tool and, with its `duration_ms`, the exit from it: once each per visit, under
 * StrictMode, `<Activity>`, quick switches and with two copies of this package. A visit ends when the last
 * component with the same three ids is gone or hidden, or the page goes away.
 */
export function useToolTracking(customerId: string, toolId: ToolId, toolSection?: ToolSection): void {
  const tracker = useTracker();
  const scaling = useContext(ScalingContext);
  const known = useRef(scaling);
  useEffect(() => {
    known.current = scaling;
  });
  useEffect(() => {
    const enter = () => tracker.enterTool(toolId, toolSection, fieldsOf({ customerId }, known.current));
    return visits().join(JSON.stringify([customerId, toolId, toolSection]), enter);
  }, [tracker, customerId, toolId, toolSection]);
}
