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
export { useGame, useLeaderboard, useStanding, type LeaderboardReading, type Standing } from "./reading.js";
export {
  useRecommendations,
  type Answer,
  type RecommendationsReading,
  type Recommended,
  type Said,
} from "./answers.js";
export type { Reading } from "./source.js";
export { Progress, type ProgressProps } from "./widgets/progress.js";
export { NextActions, type NextActionsProps } from "./widgets/next-actions.js";
export { Levels, type LevelsProps } from "./widgets/levels.js";
export { Badges, type BadgesProps } from "./widgets/badges.js";
export { Milestones, type MilestonesProps } from "./widgets/milestones.js";
export { Streak, type StreakProps } from "./widgets/streak.js";
export { Leaderboard, type LeaderboardProps } from "./widgets/leaderboard.js";
export type { WidgetProps } from "./widgets/frame.js";
