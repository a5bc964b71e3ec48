import { act, fireEvent, render, screen, waitFor, within } from "@testing-library/react";
import { StrictMode, type ReactNode } from "react";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { Recommendation } from "@milepost/browser";
import { MilepostProvider, NextActions, SystematicScalingProvider } from "../src/index.js";
import { UNDO_MS } from "../src/answers.js";
import { recommendation } from "./answers.js";
import { Recording } from "./recording.js";

/** Stands where the browser watches what is in view. */
class Watching {
  static all: Watching[] = [];
  readonly elements: Element[] = [];
  constructor(private readonly run: (entries: Partial<IntersectionObserverEntry>[]) => void) {
    Watching.all.push(this);
  }
  observe = (element: Element): void => void this.elements.push(element);
  disconnect = (): void => void this.elements.splice(0);
  static show(ratio: number): void {
    const entry = { isIntersecting: ratio > 0, intersectionRatio: ratio, rootBounds: null };
    for (const one of Watching.all) if (one.elements.length > 0) act(() => one.run([entry as never]));
  }
}

beforeEach(() => {
  vi.useFakeTimers({ shouldAdvanceTime: true });
  vi.stubGlobal("IntersectionObserver", Watching);
  Watching.all = [];
  location.hash = `#/${Math.random()}`; // another page for each test
});
afterEach(() => {
  vi.unstubAllGlobals();
  vi.useRealTimers();
  vi.restoreAllMocks();
});

function recorded(...items: Recommendation[]): Recording {
  const recording = new Recording();
  recording.me["recommendations"] = { customer_id: "acme", items };
  return recording;
}
const app = (recording: Recording, widgets: ReactNode = <NextActions />): ReactNode => (
  <StrictMode>
    <MilepostProvider tracker={recording.tracker}>
      <SystematicScalingProvider customerId="other" currentARR="$2M+">
        {widgets}
      </SystematicScalingProvider>
    </MilepostProvider>
  </StrictMode>
);
const rendered = (): Promise<unknown> => act(() => vi.advanceTimersByTimeAsync(2000));
const press = (name: RegExp): void => {
  act(() => void vi.advanceTimersByTime(600)); // not a second press of the same
  const button = screen.getByRole("button", { name });
  button.focus();
  fireEvent.click(button);
};

test("title, action, reason and, on demand, the evidence; links where they are safe", async () => {
  const recording = recorded(
    recommendation({ url: "https://example.com/x" }),
    recommendation({ recommendation_id: "r2", title: "Two", action: "Second", url: "javascript:alert(1)" }),
    recommendation({ recommendation_id: "r3", title: "Three", action: "", reason: "", evidence: [], tool_id: null }),
    recommendation({ recommendation_id: "r4", title: "Four" }),
  );
  const linkTo = ({ tool_id }: Recommendation): string | undefined => tool_id === null ? undefined : `#/${tool_id}`;
  render(app(recording, <NextActions linkTo={linkTo} />));
  expect(screen.getByText("Loading")).toBeTruthy();
  expect(await screen.findByText("First week")).toBeTruthy();
  const items = screen.getAllByRole("listitem");
  expect(items).toHaveLength(3);
  expect(screen.getAllByRole("link").map((link) => link.getAttribute("href"))).toEqual([
    "https://example.com/x",
    "#/cost-calculator",
  ]);
  expect(within(items[0]!).getByText("You used 1 of 4 tools so far.")).toBeTruthy();
  const evidence = within(items[0]!).getByRole("group");
  expect(evidence.hasAttribute("open")).toBe(false);
  expect(within(evidence).getByText("1 of 4")).toBeTruthy();
  expect(within(items[2]!).queryByRole("group")).toBeNull();
  expect(within(items[2]!).getByText("Three").tagName).toBe("STRONG");
});

test("shown is told once for each recommendation and page, under StrictMode and by two widgets", async () => {
  const recording = recorded(recommendation(), recommendation({ recommendation_id: "r2", state: "accepted" }));
  const two = <><NextActions /><NextActions title="The same again" /></>;
  const { rerender } = render(app(recording, two));
  await screen.findAllByText("First week");
  Watching.show(0.2);
  expect(recording.told).toEqual([]);
  Watching.show(0.6);
  Watching.show(1);
  expect(recording.told).toEqual(["content_interaction shown r1"]);
  expect(recording.last("track")).toEqual({
    // The recommendation's customer, whoever the tree below is for.
    customerId: "acme",
    currentArr: "$2M+",
    metadata: { recommendation_id: "r1", recommendation: "shown" },
  });
  recording.delivered();
  await rendered();
  rerender(app(recording, <NextActions key="mounted anew" />));
  await rendered();
  Watching.show(1);
  expect(recording.told).toHaveLength(1);
  // Another page, on which it is shown anew.
  location.hash = "#/another";
  rerender(app(recording, <NextActions key="on another page" />));
  await rendered();
  Watching.show(1);
  expect(recording.told).toEqual(["content_interaction shown r1", "content_interaction shown r1"]);
});

test("accepted at once, done later; the server's word replaces ours, and the focus stays", async () => {
  const recording = recorded(recommendation());
  render(app(recording));
  await screen.findByText("First week");
  press(/I’ll do it.*: Open the cost/);
  expect(screen.getByText("On your list")).toBeTruthy();
  expect(recording.told).toEqual(["professional_action accepted r1"]);
  const done = screen.getByRole("button", { name: /It is done/ });
  expect(document.activeElement).toBe(done);
  fireEvent.click(done); // a double click means one
  expect(recording.told).toHaveLength(1);
  expect(screen.getByRole("status").textContent).toBe("Noted: you will do it.");
  recording.me["recommendations"] = { customer_id: "acme", items: [recommendation({ state: "accepted" })] };
  await rendered();
  expect(screen.getByText("On your list")).toBeTruthy();
  press(/It is done/);
  expect(recording.told).toEqual(["professional_action accepted r1", "professional_action done r1"]);
  expect(document.activeElement).toBe(screen.getByRole("listitem"));
  // The server lists open ones alone; what is done stays to be seen.
  recording.me["recommendations"] = { customer_id: "acme", items: [] };
  await rendered();
  expect(screen.getByText("Done")).toBeTruthy();
  expect(screen.getByText(/That was all for now/)).toBeTruthy();
});

test("not now is held for a while and can be undone", async () => {
  const recording = recorded(recommendation());
  render(app(recording));
  await screen.findByText("First week");
  press(/Not now/);
  expect(document.activeElement).toBe(screen.getByRole("button", { name: /^Undo.*First week/ }));
  press(/Undo/);
  expect(document.activeElement).toBe(screen.getByRole("button", { name: /I’ll do it/ }));
  await act(() => vi.advanceTimersByTimeAsync(UNDO_MS * 2));
  expect(recording.told).toEqual([]);
  press(/Not now/);
  await act(() => vi.advanceTimersByTimeAsync(UNDO_MS));
  expect(recording.told).toEqual(["content_interaction dismissed r1"]);
  expect(screen.queryByRole("listitem")).toBeNull();
  expect(document.activeElement).toBe(screen.getByRole("heading", { name: "Next steps" }));
});

test.each(["leaving the page", "unmounting"])("what is held is told when nobody can undo it any more: %s", async (how) => {
  const recording = recorded(recommendation());
  const { unmount } = render(app(recording));
  await screen.findByText("First week");
  press(/Not now/);
  if (how === "unmounting") unmount();
  else act(() => void window.dispatchEvent(new Event("pagehide")));
  expect(recording.told).toEqual(["content_interaction dismissed r1"]);
  await act(() => vi.advanceTimersByTimeAsync(UNDO_MS * 2));
  expect(recording.told).toHaveLength(1);
});

test("where tracking is refused nothing is sent, and the page says so and takes it back", async () => {
  const recording = recorded(recommendation());
  recording.onTrack = () => {
    const { consent = 0 } = recording.stats.dropped;
    recording.stats = { ...recording.stats, dropped: { consent: consent + 1 } };
  };
  render(app(recording));
  await screen.findByText("First week");
  press(/I’ll do it/);
  expect(screen.getByRole("alert").textContent).toMatch(/tracking is turned off/);
  expect(screen.queryByText("On your list")).toBeNull();
  expect(document.activeElement).toBe(screen.getByRole("button", { name: /I’ll do it/ }));
  await rendered();
  expect(recording.asked.every((path) => path === "recommendations")).toBe(true);
});

test("what the server refuses is taken back and can be tried again; what waits says so", async () => {
  const recording = recorded(recommendation());
  recording.onFlush = () => (recording.stats = { ...recording.stats, rejected: recording.stats.rejected + 1 });
  render(app(recording));
  await screen.findByText("First week");
  press(/I’ll do it/);
  expect((await screen.findByRole("alert")).textContent).toMatch(/could not be saved/);
  recording.onFlush = () => (recording.stats = { ...recording.stats, queued: 1 });
  press(/I’ll do it/);
  expect(await screen.findByText("Kept here until it can be sent.")).toBeTruthy();
  expect(screen.queryByRole("alert")).toBeNull();
  // Delivered in the end: the server has it.
  recording.me["recommendations"] = { customer_id: "acme", items: [recommendation({ state: "accepted" })] };
  act(() => recording.delivered());
  await rendered();
  await waitFor(() => expect(screen.queryByText("Kept here until it can be sent.")).toBeNull());
  expect(screen.getByText("On your list")).toBeTruthy();
});

test("nothing to suggest, nothing known, and nothing to be had", async () => {
  for (const [answer, words] of [
    [{ customer_id: "acme", items: [] }, /No suggestions right now/],
    [undefined, /No suggestions right now/],
    ["Failed to fetch", /could not be loaded/],
    [new Response("gone mad", { status: 502 }), /could not be loaded/],
  ] as const) {
    const recording = new Recording();
    recording.me["recommendations"] = answer;
    const { unmount } = render(app(recording));
    expect(await screen.findByText(words)).toBeTruthy();
    unmount();
  }
});

test("absurd words stay words", async () => {
  const long = "<img src=x onerror=alert(1)>".repeat(40);
  const evidence = Array.from({ length: 50 }, () => ({ label: long, value: long }));
  const recording = recorded(recommendation({ title: long, action: long, reason: long, evidence }));
  render(app(recording));
  expect((await screen.findAllByText(long)).length).toBeGreaterThan(50);
  expect(document.querySelector("img")).toBeNull();
});
