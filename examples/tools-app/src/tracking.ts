import { useBehaviorTracking, useToolTracking, type BehaviorTracking } from "@milepost/react";
import type { CompetencyArea, ToolSection } from "@milepost/browser";
import { firstTime } from "./kept.js";
import type { Tool } from "./route.js";

export const COMPETENCY: Record<Tool, CompetencyArea> = {
  "icp-analysis": "customer_intelligence",
  "cost-calculator": "value_communication",
  "business-case": "sales_execution",
  "resource-library": "systematic_optimization",
};

/** Why something could not be generated: `code` for machines, the message and `details` for people. */
export class GenerationError extends Error {
  constructor(
    readonly code: string,
    message: string,
    readonly details: Record<string, unknown>,
  ) {
    super(message);
  }
}

export interface ToolTracking {
  /** A tab was opened: low. */
  tab(to: ToolSection, from: ToolSection): void;
  /** Runs `make` and tracks its start (low), then its success (high) or failure (medium, with details). */
  generate<T>(
    resourceType: string,
    toolSection: ToolSection,
    make: () => { made: T; metadata: Record<string, unknown> },
  ): { made: T } | { problem: GenerationError };
  /** A file was handed over: high. */
  exported(exportType: string, documentType: string, toolSection: ToolSection): void;
  /** Reached once per customer: high. */
  milestone(description: string, credibility: number): void;
}

/** Entry into a tool, or a section of it, and exit with its duration: low, and towards the tool's competency. */
export function useVisit(customerId: string, toolId: Tool, toolSection?: ToolSection): void {
  useToolTracking(customerId, toolId, toolSection, { competencyArea: COMPETENCY[toolId] });
}

/** What the four tools track alike, at the impact levels that the default plan gives. */
export function useTool(customerId: string, toolId: Tool): ToolTracking & { tracking: BehaviorTracking } {
  const tracking = useBehaviorTracking({ customerId });
  const competencyArea = COMPETENCY[toolId];
  return {
    tracking,
    tab(to, from) {
      tracking.trackNavigation({ to, from, toolId, toolSection: to, businessImpact: "low", metadata: { action: "tab" } });
    },
    generate(resourceType, toolSection, make) {
      const common = { resourceType, toolId, toolSection, competencyArea };
      tracking.trackResourceGeneration({ ...common, phase: "start" });
      try {
        const { made, metadata } = make();
        tracking.trackResourceGeneration({ ...common, phase: "success", businessImpact: "high", metadata });
        return { made };
      } catch (error) {
        if (!(error instanceof GenerationError)) throw error;
        const metadata = { code: error.code, ...error.details };
        const failure = { ...common, phase: "failure", businessImpact: "medium", error: error.message } as const;
        tracking.trackResourceGeneration({ ...failure, metadata });
        return { problem: error };
      }
    },
    exported(exportType, documentType, toolSection) {
      const metadata = { documentType };
      tracking.trackExport({ toolId, toolSection, exportType, competencyArea, businessImpact: "high", metadata });
    },
    milestone(milestoneDescription, professionalCredibility) {
      if (!firstTime(customerId, milestoneDescription)) return;
      tracking.trackMilestone({
        toolId,
        competencyArea,
        milestoneDescription,
        professionalCredibility,
        businessImpact: "high",
      });
    },
  };
}
