export { MilepostProvider, type MilepostProviderProps } from "./provider.js";
export { useTracker, type Scaling, type ScalingOfCustomer } from "./context.js";
export { useBehaviorTracking, type BehaviorTracking, type BehaviorTrackingOptions } from "./behavior.js";
export { useToolTracking, type ToolTrackingOptions } from "./tool.js";
export {
  SystematicScalingProvider,
  useSystematicScaling,
  type SystematicScaling,
  type SystematicScalingProviderProps,
} from "./scaling.js";
export { useStanding, type Standing } from "./reading.js";
export { Progress, type ProgressProps } from "./widgets/progress.js";
export { NextActions, type NextActionsProps } from "./widgets/next-actions.js";
export { Badges, type BadgesProps } from "./widgets/badges.js";
export type { WidgetProps } from "./widgets/frame.js";
