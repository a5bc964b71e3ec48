// @vitest-environment node
import type { ReactNode } from "react";
import { renderToString } from "react-dom/server";
import { expect, test, vi } from "vitest";
import {
  Badges,
  Leaderboard,
  Levels,
  MilepostProvider,
  Milestones,
  NextActions,
  Progress,
  Streak,
  SystematicScalingProvider,
  useBehaviorTracking,
  useSystematicScaling,
  useToolTracking,
} from "../src/index.js";

function Tool(): ReactNode {
  useToolTracking("acme", "icp-analysis", "summary");
  const { trackClick } = useBehaviorTracking({ customerId: "acme", autoTrackPageViews: true });
  const { growthStage } = useSystematicScaling();
  return <button onClick={() => trackClick({ buttonId: "go" })}>{growthStage}</button>;
}

test("renders on a server: no window, no request, no warning, nothing left behind", () => {
  expect(typeof window).toBe("undefined");
  const fetched = vi.spyOn(globalThis, "fetch");
  const said = [vi.spyOn(console, "warn"), vi.spyOn(console, "error")];
  const before = Object.getOwnPropertySymbols(globalThis).length;
  const html = renderToString(
    <MilepostProvider options={{ writeKey: "mpw_x", customerId: "acme" }} token="jwt">
      <SystematicScalingProvider customerId="acme" growthStage="early_scaling">
        <Tool />
        <Progress />
        <NextActions />
        <Badges />
        <Milestones />
        <Levels />
        <Streak />
        <Leaderboard />
      </SystematicScalingProvider>
    </MilepostProvider>,
  );
  expect(html).toContain("<button>early_scaling</button>");
  expect(html.match(/aria-busy="true"/g)).toHaveLength(7);
  expect(html).not.toContain("style=");
  expect(fetched).not.toHaveBeenCalled();
  for (const spy of said) expect(spy).not.toHaveBeenCalled();
  expect(Object.getOwnPropertySymbols(globalThis)).toHaveLength(before);
});
