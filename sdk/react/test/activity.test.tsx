import { act, render } from "@testing-library/react";
import { Activity, StrictMode, type ReactNode } from "react";
import type { ToolId } from "@milepost/browser";
import { expect, test } from "vitest";
import { MilepostProvider, useToolTracking } from "../src/index.js";
import { Recording } from "./recording.js";

function Tool({ id }: { id: ToolId }): ReactNode {
  useToolTracking("acme", id);
  return null;
}

test("each time <Activity> shows a tool is one visit", async () => {
  const recording = new Recording();
  const shown = (id: ToolId): ReactNode => (
    <StrictMode>
      <MilepostProvider tracker={recording.tracker}>
        {(["a", "b"] as const).map((one) => (
          <Activity key={one} mode={one === id ? "visible" : "hidden"}>
            <Tool id={one} />
          </Activity>
        ))}
      </MilepostProvider>
    </StrictMode>
  );
  const { rerender, unmount } = render(shown("a"));
  for (const id of ["b", "a"] as const) {
    rerender(shown(id));
    await act(() => Promise.resolve());
  }
  unmount();
  await act(() => Promise.resolve());
  expect(recording.visits).toEqual(["enter a", "exit a", "enter b", "exit b", "enter a", "exit a"]);
});
