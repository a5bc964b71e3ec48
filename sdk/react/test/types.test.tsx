import { expectTypeOf } from "expect-type";
import type { Insights, StoredEvent } from "@milepost/browser";
import { createElement, type ReactNode } from "react";
import { test } from "vitest";
import {
  MilepostProvider,
  useBehaviorTracking,
  useSystematicScaling,
  useToolTracking,
  type BehaviorTracking,
  type BehaviorTrackingOptions,
} from "../src/index.js";

/** What a tracking plan's generated types do (`milepost types --lang ts`). */
declare module "@milepost/browser" {
  interface Register {
    toolId: "icp-analysis" | "cost-calculator" | "a" | "b" | "outer" | "inner";
    competencyArea: "customer_intelligence";
    growthStage: "early_scaling" | "rapid_scaling";
  }
}

// Checked by `npm run typecheck`; nothing here runs.
test("types", () => {
  expectTypeOf<BehaviorTrackingOptions["growthStage"]>().toEqualTypeOf<
    "early_scaling" | "rapid_scaling" | undefined
  >();
  expectTypeOf(useBehaviorTracking).returns.toEqualTypeOf<BehaviorTracking>();
  expectTypeOf<BehaviorTracking["getInsights"]>().returns.toEqualTypeOf<Promise<Insights | null>>();
  expectTypeOf<BehaviorTracking["getRecentEvents"]>().returns.toEqualTypeOf<Promise<StoredEvent[]>>();
  expectTypeOf(useSystematicScaling).returns.toHaveProperty("trackBehavior");
  expectTypeOf(useToolTracking).returns.toBeVoid();
  expectTypeOf(useToolTracking).parameter(1).toEqualTypeOf<
    "icp-analysis" | "cost-calculator" | "a" | "b" | "outer" | "inner"
  >();
});

export function WrongUses(): ReactNode {
  const { trackToolUsage, trackMilestone, getRecentEvents } = useBehaviorTracking({ customerId: "acme" });
  // @ts-expect-error -- no tool of the plan
  useToolTracking("acme", "icp-analyis");
  // @ts-expect-error -- no competency of the plan
  useToolTracking("acme", "icp-analysis", "summary", { competencyArea: "charm" });
  // @ts-expect-error -- no event type
  void getRecentEvents("20&event_type=page_view");
  // @ts-expect-error -- no tool of the plan
  trackToolUsage({ toolId: "cost-calc" });
  // @ts-expect-error -- a milestone has a description
  trackMilestone({ competencyArea: "customer_intelligence" });
  // @ts-expect-error -- no growth stage
  useBehaviorTracking({ growthStage: "huge" });
  // @ts-expect-error -- either a tracker or options for one
  return createElement(MilepostProvider, {});
}
