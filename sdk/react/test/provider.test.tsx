import { act, render, waitFor } from "@testing-library/react";
import { StrictMode, useEffect, type ReactNode } from "react";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { MilepostProvider, useBehaviorTracking, useToolTracking, useTracker } from "../src/index.js";

/** The real tracker against a server that takes everything. */
const sent: Record<string, unknown>[] = [];

beforeEach(() => {
  sent.length = 0;
  localStorage.clear();
  vi.spyOn(globalThis, "fetch").mockImplementation((_, init) => {
    const body = JSON.parse(String(init?.body ?? "{}")) as { events?: Record<string, unknown>[] };
    sent.push(...(body.events ?? []));
    const receipt = { accepted: body.events?.length ?? 0, duplicates: 0, rejected: [] };
    return Promise.resolve(new Response(JSON.stringify(receipt), { status: 200 }));
  });
  vi.spyOn(navigator, "sendBeacon").mockImplementation(() => false);
});
afterEach(() => vi.restoreAllMocks());

const what = (): unknown[] =>
  sent.map((event) => (event["event_metadata"] as Record<string, unknown>)["action"] ?? event["event_type"]);

function Tool({ onFlush }: { onFlush: (flush: () => Promise<void>) => void }): ReactNode {
  useToolTracking("acme", "icp-analysis");
  const tracker = useTracker();
  const { trackClick } = useBehaviorTracking({ growthStage: "early_scaling" });
  useEffect(() => {
    onFlush(() => tracker.flush());
  }, [tracker, onFlush]);
  useEffect(() => () => void trackClick({ buttonId: "at-unmount" }), [trackClick]);
  return null;
}

test("one tracker for as long as the provider is there; what cleanups track is not lost", async () => {
  let flush = (): Promise<void> => Promise.resolve();
  const onFlush = (given: () => Promise<void>): void => void (flush = given);
  const app = (
    <StrictMode>
      <MilepostProvider options={{ writeKey: "mpw_x", host: "http://milepost.test", customerId: "acme", currentArr: "$1" }}>
        <Tool onFlush={onFlush} />
      </MilepostProvider>
    </StrictMode>
  );
  const { unmount } = render(app);
  await act(() => flush());
  // StrictMode runs the click's cleanup once by itself.
  expect(what()).toEqual(["page_view", "enter", "click"]);
  expect(sent[1]).toMatchObject({ customer_id: "acme", tool_id: "icp-analysis", current_arr: "$1" });
  unmount();
  await waitFor(() => expect(what().slice(3).sort()).toEqual(["click", "exit", "page_leave"]));
});

test("changed options are followed, by the same tracker", async () => {
  let flush = (): Promise<void> => Promise.resolve();
  const onFlush = (given: () => Promise<void>): void => void (flush = given);
  let click: () => void = () => undefined;
  function Button(): ReactNode {
    const { trackClick } = useBehaviorTracking();
    useEffect(() => {
      click = () => void trackClick({ buttonId: "go" });
    });
    return null;
  }
  const app = (customerId: string, currentArr?: string): ReactNode => (
    <MilepostProvider options={{ writeKey: "mpw_y", host: "http://milepost.test", customerId, currentArr }}>
      <Button />
      <Tool onFlush={onFlush} />
    </MilepostProvider>
  );
  const { rerender } = render(app("acme", "$1"));
  rerender(app("other", undefined));
  click();
  await act(() => flush());
  expect(what()).toEqual(["page_view", "enter", "click"]);
  expect(sent[0]).toMatchObject({ customer_id: "acme", current_arr: "$1" });
  expect(sent[2]).toMatchObject({ customer_id: "other" });
  expect(sent[2]).not.toHaveProperty("current_arr");
});
