import { useContext, useEffect, useMemo, useRef, type ReactNode } from "react";
import { ScalingContext, useTracker, type ScalingOfCustomer } from "./context.js";
import { defined, fieldsOf } from "./fields.js";

export interface SystematicScalingProviderProps extends ScalingOfCustomer {
  children?: ReactNode;
}

export interface SystematicScaling extends ScalingOfCustomer {
  /** Routes an action to its event type and adds customer, ARR and growth stage. Returns the event's id. */
  trackBehavior(actionType: string, payload?: Record<string, unknown>): string;
}

/** Where a customer stands. The hooks below it add it to each event; the tracker gets it too, for page views. */
export function SystematicScalingProvider(props: SystematicScalingProviderProps): ReactNode {
  const { customerId, currentARR, targetARR, growthStage, children } = props;
  const tracker = useTracker();
  useEffect(() => {
    tracker.setContext(fieldsOf({ customerId, currentARR, targetARR, growthStage }));
  }, [tracker, customerId, currentARR, targetARR, growthStage]);
  const value = useMemo(
    () => ({ customerId, currentARR, targetARR, growthStage }),
    [customerId, currentARR, targetARR, growthStage],
  );
  return <ScalingContext.Provider value={value}>{children}</ScalingContext.Provider>;
}

/** What `SystematicScalingProvider` was given, and `trackBehavior`, which stays the same between renders. */
export function useSystematicScaling(): SystematicScaling {
  const tracker = useTracker();
  const scaling = useContext(ScalingContext);
  const known = useRef(scaling);
  useEffect(() => {
    known.current = scaling;
  });
  const trackBehavior = useMemo(
    () => (actionType: string, payload?: Record<string, unknown>) =>
      tracker.trackBehavior(actionType, { ...fieldsOf(known.current), ...defined(payload ?? {}) }),
    [tracker],
  );
  return useMemo(() => ({ ...scaling, trackBehavior }), [scaling, trackBehavior]);
}
