import { act, render } from "@testing-library/react";
import { StrictMode, type ReactNode } from "react";
import { flushSync } from "react-dom";
import type { CompetencyArea, ToolId } from "@milepost/browser";
import { expect, test, vi } from "vitest";
import { MilepostProvider, SystematicScalingProvider, useToolTracking } from "../src/index.js";
import { Recording } from "./recording.js";

const rendered = (): Promise<void> => act(() => Promise.resolve());

interface ToolProps {
  id: ToolId;
  section?: string;
  competency?: CompetencyArea;
  children?: ReactNode;
}

function Tool({ id, section, competency, children }: ToolProps): ReactNode {
  useToolTracking("acme", id, section, { competencyArea: competency });
  return children;
}

function app(recording: Recording, children: ReactNode, strict = true): ReactNode {
  const tree = <MilepostProvider tracker={recording.tracker}>{children}</MilepostProvider>;
  return strict ? <StrictMode>{tree}</StrictMode> : tree;
}

test.each([true, false])("one entry and one exit per visit (StrictMode: %s)", async (strict) => {
  const recording = new Recording();
  const { unmount } = render(app(recording, <Tool id="icp-analysis" section="summary" />, strict));
  await rendered();
  expect(recording.visits).toEqual(["enter icp-analysis/summary"]);
  unmount();
  await rendered();
  expect(recording.visits).toEqual(["enter icp-analysis/summary", "exit icp-analysis/summary"]);
});

test("a switch leaves one tool before it enters the next", async () => {
  const recording = new Recording();
  const { rerender, unmount } = render(app(recording, <Tool id="a" />));
  for (const id of ["b", "a"] as const) {
    rerender(app(recording, <Tool id={id} />));
    await rendered();
  }
  unmount();
  await rendered();
  expect(recording.visits).toEqual(["enter a", "exit a", "enter b", "exit b", "enter a", "exit a"]);
});

test("A, B, A within one task are three visits", async () => {
  const recording = new Recording();
  const { rerender, unmount } = render(app(recording, <Tool id="a" />));
  act(() => {
    for (const id of ["b", "a"] as const) flushSync(() => rerender(app(recording, <Tool id={id} />)));
  });
  unmount();
  await rendered();
  expect(recording.visits).toEqual(["enter a", "exit a", "enter b", "exit b", "enter a", "exit a"]);
});

test("components in the same place share its visit; a remount goes on with it", async () => {
  const recording = new Recording();
  const two = (key: string, both: boolean): ReactNode => (
    <Tool id="outer">
      <Tool key={key} id="inner" />
      {both && <Tool id="inner" />}
    </Tool>
  );
  const { rerender, unmount } = render(app(recording, two("1", true)));
  rerender(app(recording, two("1", false)));
  rerender(app(recording, two("2", false)));
  await rendered();
  expect(recording.visits).toEqual(["enter inner", "enter outer"]);
  unmount();
  await rendered();
  expect([...recording.visits].sort()).toEqual(["enter inner", "enter outer", "exit inner", "exit outer"]);
});

test("two copies of the package share visits and providers", async () => {
  vi.resetModules();
  const copy = await import("../src/index.js");
  expect(copy.useToolTracking).not.toBe(useToolTracking);
  const recording = new Recording();
  function Other(): ReactNode {
    copy.useToolTracking("acme", "a");
    return null;
  }
  const { unmount } = render(app(recording, [<Tool key="1" id="a" />, <Other key="2" />]));
  await rendered();
  expect(recording.visits).toEqual(["enter a"]);
  unmount();
  await rendered();
  expect(recording.visits).toEqual(["enter a", "exit a"]);
});

test("customer, ARR and growth stage go with the visit", async () => {
  const recording = new Recording();
  render(
    app(
      recording,
      <SystematicScalingProvider customerId="other" currentARR="$2M" targetARR="$10M" growthStage="rapid_scaling">
        <Tool id="a" />
      </SystematicScalingProvider>,
    ),
  );
  await rendered();
  expect(recording.last("enterTool")).toEqual({
    customerId: "acme",
    currentArr: "$2M",
    targetArr: "$10M",
    growthStage: "rapid_scaling",
  });
});

test("a tool's competency goes with the visit; another one begins none", async () => {
  const recording = new Recording();
  const tree = (competency?: CompetencyArea): ReactNode => app(recording, <Tool id="a" competency={competency} />);
  const { rerender } = render(tree("customer_intelligence"));
  await rendered();
  expect(recording.last("enterTool")).toEqual({ customerId: "acme", competencyArea: "customer_intelligence" });
  rerender(tree());
  await rendered();
  expect(recording.visits).toEqual(["enter a"]);
});
