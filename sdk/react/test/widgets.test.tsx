import { act, render, screen, waitFor, within } from "@testing-library/react";
import type { ReactNode } from "react";
import { expect, test } from "vitest";
import { MilepostProvider, Milestones, Progress } from "../src/index.js";
import { insights, milestone } from "./answers.js";
import { Recording } from "./recording.js";

const app = (recording: Recording, widgets: ReactNode): ReactNode => (
  <MilepostProvider tracker={recording.tracker}>{widgets}</MilepostProvider>
);
const all = (
  <>
    <Progress labels={{ customer_intelligence: "Knowing customers" }} />
    <Milestones locale="en-GB" />
  </>
);

test("shows score, parts, competencies and milestones, read once for both", async () => {
  const recording = new Recording();
  recording.insights = insights({
    total_milestones: 3,
  });
  recording.events = [milestone("First analysis")];
  render(app(recording, all));
  const progress = screen.getByRole("region", { name: "Your progress" });
  expect(await within(progress).findByText("43")).toBeTruthy();
  expect(within(progress).getByText("From 85 % of the data that could count")).toBeTruthy();
  expect(within(progress).getByText("Knowing customers").nextElementSibling?.textContent).toBe("63");
  expect(within(progress).getByText("Momentum").nextElementSibling?.textContent).toBe("no data yet");
  expect(within(progress).getByText("↗ Improving")).toBeTruthy();
  const milestones = screen.getByRole("region", { name: "Milestones" });
  expect(within(milestones).getAllByRole("listitem")).toHaveLength(1);
  expect(within(milestones).getByText("First analysis")).toBeTruthy();
  expect(within(milestones).getByText("1 Mar 2026")).toBeTruthy();
  expect(within(milestones).getByText("and 2 earlier")).toBeTruthy();
  expect(recording.reads).toBe(1);
  // However many other events came since.
  expect(recording.calls).toEqual([["getRecentEvents", "500&event_type=competency_milestone"]]);
});

test("says what is not known yet", async () => {
  const recording = new Recording();
  recording.insights = insights({
    current_scaling_score: null,
    score_coverage: null,
    score_components: null,
    competencies: [],
  });
  render(app(recording, all));
  expect(await screen.findByText("Not enough data yet.")).toBeTruthy();
  expect(screen.getByText("No competency has points yet.")).toBeTruthy();
  expect(screen.getByText(/None reached yet/)).toBeTruthy();
});

test("a customer nothing is known of is an empty page, not an error", async () => {
  render(app(new Recording(), all));
  expect(screen.getAllByRole("status")).toHaveLength(2);
  expect(await screen.findByText(/Your progress appears here after your first steps/)).toBeTruthy();
});

test("reads again after a delivery and on focus, keeps what it has when that fails, and stops with the last", async () => {
  const recording = new Recording();
  recording.insights = insights({});
  const { unmount } = render(app(recording, all));
  await screen.findByText("43");
  recording.insights = insights({ current_scaling_score: 51 });
  act(() => recording.delivered());
  await screen.findByText("51", {}, { timeout: 2000 });
  recording.insights = null;
  act(() => void window.dispatchEvent(new Event("focus")));
  await waitFor(() => expect(recording.reads).toBe(3), { timeout: 2000 });
  expect(screen.getByText("51")).toBeTruthy();
  unmount();
  expect(recording.listening).toBe(0);
});

test("milestones that could not be read are asked for again", async () => {
  const recording = new Recording();
  recording.insights = insights({ total_milestones: 1 });
  render(app(recording, <Milestones locale="en-GB" />));
  expect(await screen.findByText("and 1 earlier")).toBeTruthy();
  recording.events = [milestone("First analysis")];
  act(() => recording.delivered());
  expect(await screen.findByText("First analysis", {}, { timeout: 2000 })).toBeTruthy();
  act(() => recording.delivered());
  await waitFor(() => expect(recording.reads).toBe(3), { timeout: 2000 });
  expect(recording.calls).toHaveLength(2);
});
