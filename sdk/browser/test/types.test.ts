import { expectTypeOf } from "expect-type";
import { test } from "vitest";
import type { Badge, CompetencyArea, EventContext, Game, GameProfile, IncomingEvent, Insights, Receipt, Recommendation, StoredEvent, ToolId, ToolSection, ToolVisit, Tracker, TrackerOptions } from "@milepost/browser";
import type { Receipt as ReceiptRead } from "../src/policy.js";

/** What a tracking plan's generated types do (`milepost types --lang ts`). */
declare module "@milepost/browser" {
  interface Register {
    toolId: "icp-analysis" | "cost-calculator";
    competencyArea: "sales_execution" | "customer_intelligence";
    growthStage: "early_scaling" | "rapid_scaling";
  }
}

// Checked by `npm run typecheck`; nothing here runs.
test("types", () => {
  expectTypeOf<ToolId>().toEqualTypeOf<"icp-analysis" | "cost-calculator">();
  expectTypeOf<CompetencyArea>().toEqualTypeOf<"sales_execution" | "customer_intelligence">();
  expectTypeOf<EventContext["growthStage"]>().toEqualTypeOf<"early_scaling" | "rapid_scaling" | undefined>();
  // The plan says nothing of sections: any text will do.
  expectTypeOf<ToolSection>().toEqualTypeOf<string>();
  expectTypeOf<Tracker["enterTool"]>().parameter(0).toEqualTypeOf<ToolId>();
  expectTypeOf<Tracker["enterTool"]>().returns.toEqualTypeOf<ToolVisit>();
  expectTypeOf<EventContext["toolId"]>().toEqualTypeOf<ToolId | undefined>();
  expectTypeOf<Tracker["track"]>().returns.toEqualTypeOf<string>();
  expectTypeOf<Tracker["flush"]>().returns.toEqualTypeOf<Promise<void>>();
  expectTypeOf<Tracker["getInsights"]>().returns.toEqualTypeOf<Promise<Insights | null>>();
  expectTypeOf<Tracker["getRecentEvents"]>().returns.toEqualTypeOf<Promise<StoredEvent[]>>();
  expectTypeOf<Tracker["getRecentEvents"]>().toBeCallableWith("20&event_type=export_action");
  // Of the OpenAPI document: what the sender reads of a receipt is in it, and what may be missing is named.
  expectTypeOf<Receipt>().toExtend<ReceiptRead>();
  expectTypeOf<IncomingEvent["business_impact"]>().toEqualTypeOf<"low" | "medium" | "high" | null | undefined>();
  expectTypeOf<Insights["current_scaling_score"]>().toEqualTypeOf<number | null>();
  // What is stored may have a stage that an earlier plan had.
  expectTypeOf<Insights["growth_stage"]>().toEqualTypeOf<string | null>();
  expectTypeOf<Game["badges"]>().toEqualTypeOf<Badge[]>();
  expectTypeOf<{ leaderboard: "named"; display_name: string }>().toExtend<GameProfile>();
  expectTypeOf<Recommendation["state"]>().toEqualTypeOf<"made" | "shown" | "accepted" | "dismissed" | "done" | "expired">();
  expectTypeOf<Tracker["fetch"]>().returns.toEqualTypeOf<Promise<Response>>();
  expectTypeOf<StoredEvent["event_metadata"]>().toEqualTypeOf<{ [key: string]: unknown }>();
  expectTypeOf<TrackerOptions["consent"]>().toEqualTypeOf<"granted" | "denied" | "pending" | undefined>();
});

export function wrongUses(tracker: Tracker): void {
  tracker.trackToolUsage({ toolId: "icp-analysis", toolSection: "anything" });
  // @ts-expect-error -- no tool of the plan
  tracker.trackToolUsage({ toolId: "icp-analyis" });
  // @ts-expect-error -- a tool usage names its tool
  tracker.trackToolUsage({});
  // @ts-expect-error -- no tool of the plan
  tracker.enterTool("cost-calc");
  // @ts-expect-error -- no tool of the plan
  tracker.track("navigation", { toolId: "pricing" });
  // @ts-expect-error -- no competency of the plan
  tracker.trackMilestone({ competencyArea: "charm", milestoneDescription: "m" });
  // @ts-expect-error -- a milestone has a description
  tracker.trackMilestone({ competencyArea: "sales_execution" });
  tracker.track("Invoice Sent", { amount: 12, actorType: "agent" });
  // @ts-expect-error -- nobody of that kind
  tracker.track("Invoice Sent", { actorType: "robot" });
  // @ts-expect-error -- no impact
  tracker.track("navigation", { businessImpact: "urgent" });
  // @ts-expect-error -- no event type
  void tracker.getRecentEvents("20&event_type=page_view");
  // @ts-expect-error -- no growth stage of the plan
  tracker.setContext({ growthStage: "huge" });
}
