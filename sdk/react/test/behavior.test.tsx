import { act, render, renderHook } from "@testing-library/react";
import { StrictMode, version, type ReactNode } from "react";
import { expect, test, vi } from "vitest";
import {
  MilepostProvider,
  SystematicScalingProvider,
  useBehaviorTracking,
  useSystematicScaling,
  type BehaviorTrackingOptions,
} from "../src/index.js";
import { Recording } from "./recording.js";

/** From vitest.config.ts: the major version this project is to run on. */
declare const REACT: string;

const options: BehaviorTrackingOptions = {
  customerId: "acme",
  currentARR: "$2M+",
  targetARR: "$10M",
  growthStage: "rapid_scaling",
};
const known = { customerId: "acme", currentArr: "$2M+", targetArr: "$10M", growthStage: "rapid_scaling" };

function under(recording: Recording) {
  return ({ children }: { children: ReactNode }): ReactNode => (
    <StrictMode>
      <MilepostProvider tracker={recording.tracker}>{children}</MilepostProvider>
    </StrictMode>
  );
}

test("runs on the React that the project names", () => {
  expect(version.split(".")[0]).toBe(REACT);
});

test("calls carry the options; what the call says wins; undefined hides nothing", () => {
  const recording = new Recording();
  const { result } = renderHook(() => useBehaviorTracking(options), { wrapper: under(recording) });
  expect(result.current.trackExport({ toolId: "icp-analysis", exportType: "pdf" })).toBe("trackExport");
  expect(recording.last("trackExport")).toEqual({ ...known, toolId: "icp-analysis", exportType: "pdf" });
  result.current.trackClick({ buttonId: "go", currentArr: "$3M", growthStage: undefined });
  expect(recording.last("trackClick")).toEqual({ ...known, buttonId: "go", currentArr: "$3M" });
  result.current.track("scaling_metric");
  expect(recording.last("track")).toEqual(known);
  result.current.track("Invoice Sent", { amount: 12 });
  expect(recording.last("track")).toEqual({ ...known, amount: 12 });
});

test("identities are stable, values are the newest", () => {
  const recording = new Recording();
  const { result, rerender } = renderHook((props: BehaviorTrackingOptions) => useBehaviorTracking(props), {
    wrapper: under(recording),
    initialProps: { ...options },
  });
  const { current: first } = result;
  const { trackToolUsage } = first;
  rerender({ ...options, currentARR: "$4M" });
  expect(result.current).toBe(first);
  trackToolUsage({ toolId: "icp-analysis" });
  expect(recording.last("trackToolUsage")).toEqual({ ...known, currentArr: "$4M", toolId: "icp-analysis" });
});

test("page views on request: one per address, however often it mounts", () => {
  const recording = new Recording();
  const wrapper = under(recording);
  const pages = (): number => recording.calls.filter(([name]) => name === "page").length;
  renderHook(() => useBehaviorTracking(options), { wrapper });
  expect(pages()).toBe(0);
  renderHook(() => useBehaviorTracking({ ...options, autoTrackPageViews: true }), { wrapper }).unmount();
  renderHook(() => useBehaviorTracking({ ...options, autoTrackPageViews: true }), { wrapper }).unmount();
  expect(pages()).toBe(1);
  window.history.pushState({}, "", "#/elsewhere");
  renderHook(() => useBehaviorTracking({ ...options, autoTrackPageViews: true }), { wrapper });
  expect(pages()).toBe(2);
});

test("trackBehavior adds ARR and growth stage, and the tracker hears of them", () => {
  const recording = new Recording();
  const Tracked = under(recording);
  const scaled = (currentARR: string) =>
    function Scaled({ children }: { children: ReactNode }): ReactNode {
      return (
        <Tracked>
          <SystematicScalingProvider {...options} currentARR={currentARR}>
            {children}
          </SystematicScalingProvider>
        </Tracked>
      );
    };
  const { result } = renderHook(() => useSystematicScaling(), { wrapper: scaled("$2M+") });
  expect(recording.last("setContext")).toEqual(known);
  const payload = { toolId: "icp-analysis", businessImpact: "high", competencyArea: "customer_intelligence" };
  result.current.trackBehavior("tool_usage", payload);
  expect(recording.calls.at(-1)).toEqual(["trackBehavior", "tool_usage", { ...known, ...payload }]);
  expect(result.current.targetARR).toBe("$10M");
  const { trackBehavior } = result.current;
  expect(trackBehavior).toBe(result.current.trackBehavior);
});

test("without a provider nothing is tracked, nothing breaks, and the console says so once", () => {
  const warn = vi.spyOn(console, "warn").mockImplementation(() => undefined);
  const { result, rerender } = renderHook(() => useBehaviorTracking(options));
  rerender();
  expect(result.current.trackClick({ buttonId: "go" })).toBe("");
  expect(warn).toHaveBeenCalledOnce();
  expect(warn.mock.calls[0]?.[0]).toContain("<MilepostProvider>");
  warn.mockRestore();
});

test("a token given later reaches the tracker", () => {
  const recording = new Recording();
  const app = (token?: string): ReactNode => <MilepostProvider tracker={recording.tracker} token={token} />;
  const { rerender } = render(app());
  expect(recording.calls).toEqual([]);
  act(() => rerender(app("jwt")));
  expect(recording.calls).toEqual([["setContext", { token: "jwt" }]]);
});
