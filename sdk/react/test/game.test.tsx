import { act, fireEvent, render, screen, within } from "@testing-library/react";
import { StrictMode, type ReactNode } from "react";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Badges, Leaderboard, Levels, MilepostProvider, Streak } from "../src/index.js";
import { badge, game } from "./answers.js";
import { Recording } from "./recording.js";

beforeEach(() => void vi.useFakeTimers({ shouldAdvanceTime: true }));
afterEach(() => vi.useRealTimers());

const app = (recording: Recording, widgets: ReactNode): ReactNode => (
  <StrictMode>
    <MilepostProvider tracker={recording.tracker}>{widgets}</MilepostProvider>
  </StrictMode>
);
const all = (
  <>
    <Levels locale="en-GB" />
    <Badges locale="en-GB" />
    <Streak locale="en-GB" />
  </>
);
const region = (name: string) => within(screen.getByRole("region", { name }));

test("levels, badges and the streak are one read, and say how far it is", async () => {
  const recording = new Recording();
  recording.me["game"] = game();
  render(app(recording, all));
  expect(screen.getAllByText("Loading")).toHaveLength(3);
  const levels = region("Levels");
  expect(await levels.findByText("Knowing customers")).toBeTruthy();
  expect(levels.getByText("130 of 150 points to level 3")).toBeTruthy();
  expect(levels.getByText("Highest level, with 900 points")).toBeTruthy();
  expect(levels.getByText("1,234 points")).toBeTruthy();
  const badges = region("Badges");
  expect(badges.getByText("2 of 3")).toBeTruthy();
  // Newest first, and the next one apart.
  expect(badges.getAllByRole("listitem").map((item) => item.querySelector("strong")?.textContent)).toEqual([
    "Maker",
    "First export",
  ]);
  expect(badges.getByText("1 Mar 2026")).toBeTruthy();
  expect(badges.getByText("Well travelled")).toBeTruthy();
  expect(badges.getByText("6 of 10")).toBeTruthy();
  const streak = region("Streak");
  expect(streak.getByText("5").parentElement?.textContent).toContain(
    "5 weeks in a rowLast week did not count. Come back by Sunday to keep it.",
  );
  expect(streak.getByText("best: 9 weeks")).toBeTruthy();
  expect(recording.asked).toEqual(["game"]);
});

test.each([
  [{ weeks: 5, longest: 5, state: "active", keep_by: null }, "This week counts already."],
  [{ weeks: 1, longest: 1, state: "active", keep_by: null }, "This week counts. Come back next week to make it two."],
  [{ weeks: 5, longest: 5, state: "due", keep_by: "2026-03-15" }, "Come back by Sunday 15 March to keep it."],
  [{ weeks: 0, longest: 3, state: "none", keep_by: null }, /No streak at the moment/],
] as const)("a streak that is %j", async (streak, words) => {
  const recording = new Recording();
  recording.me["game"] = game({ streak });
  render(app(recording, <Streak locale="en-GB" />));
  expect(await screen.findByText(words)).toBeTruthy();
});

test("who has nothing yet, and a plan without badges and levels", async () => {
  const recording = new Recording();
  const { unmount } = render(app(recording, all));
  expect(await screen.findByText(/No levels yet/)).toBeTruthy();
  expect(screen.getByText(/None earned yet. They appear here/)).toBeTruthy();
  expect(screen.getByText(/No streak at the moment/)).toBeTruthy();
  unmount();
  const bare = new Recording();
  bare.me["game"] = game({ levels: [], badges: [], next_badge: null });
  render(app(bare, all));
  expect(await screen.findByText("There are no levels to reach here.")).toBeTruthy();
  expect(screen.getByText("There are no badges to earn here.")).toBeTruthy();
});

test("without a token nothing is asked of the customer, and nothing is called an error", async () => {
  const recording = new Recording();
  recording.me["game"] = "token";
  render(app(recording, all));
  expect(await screen.findByText(/No levels yet/)).toBeTruthy();
  expect(screen.queryByRole("button")).toBeNull();
});

test("a failed first read says so and is tried again; a later one leaves what is there", async () => {
  const recording = new Recording();
  recording.me["game"] = "Failed to fetch";
  render(app(recording, <Levels locale="en-GB" />));
  const retry = await screen.findByRole("button", { name: "Try now" });
  recording.me["game"] = game();
  act(() => void vi.advanceTimersByTime(1000));
  fireEvent.click(retry);
  expect(await screen.findByText("Knowing customers")).toBeTruthy();
  recording.me["game"] = new Response("no", { status: 500 });
  await act(() => vi.advanceTimersByTimeAsync(61_000));
  expect(recording.asked.length).toBeGreaterThanOrEqual(3);
  expect(screen.getByText("Knowing customers")).toBeTruthy();
});

test("absurd names and numbers stay what they are", async () => {
  const recording = new Recording();
  const long = "Ÿ".repeat(200);
  recording.me["game"] = game({
    points: 9_007_199_254_740_991,
    levels: [{ competency: "c", name: long, level: 50, title: long, points: 0, next_at: 1e15, progress: 0 }],
    badges: Array.from({ length: 200 }, (_, n) =>
      badge({ badge_id: `b${n}`, name: `${long}${n}`, description: "<b>bold</b>", earned_on: "2026-03-01", progress: 1 }),
    ),
    next_badge: "b1",
    streak: { weeks: 5000, longest: 5000, state: "due", keep_by: "2026-03-08" },
  });
  render(app(recording, all));
  expect(await screen.findByText("9,007,199,254,740,991 points")).toBeTruthy();
  expect(region("Badges").getAllByRole("listitem")).toHaveLength(5);
  expect(screen.getByText("and 195 earlier")).toBeTruthy();
  expect(screen.getAllByText(/<b>bold<\/b>/).length).toBeGreaterThan(0);
  expect(screen.queryByText(/^Next:/)).toBeNull();
});

test("another customer's token: nothing of the one before stays on the page", async () => {
  const recording = new Recording();
  const token = (customer: string): string => `x.${btoa(JSON.stringify({ customer_id: customer, exp: Math.random() }))}.y`;
  const page = (of: string): ReactNode => (
    <MilepostProvider tracker={recording.tracker} token={of}>
      <Levels locale="en-GB" />
    </MilepostProvider>
  );
  recording.me["game"] = game();
  const { rerender } = render(page(token("acme")));
  await screen.findByText("Knowing customers");
  recording.me["game"] = "Failed to fetch";
  // The same customer's next token changes nothing to be seen.
  rerender(page(token("acme")));
  await act(() => vi.advanceTimersByTimeAsync(2000));
  expect(screen.getByText("Knowing customers")).toBeTruthy();
  rerender(page(token("globex")));
  expect(screen.queryByText("Knowing customers")).toBeNull();
  expect(await screen.findByText(/could not be loaded/)).toBeTruthy();
});

test("a delivery is followed once, however many there are; a page nobody looks at asks nothing", async () => {
  const recording = new Recording();
  recording.me["game"] = game();
  recording.me["leaderboard"] = { days: 28, items: [], me: null, customers: 0 };
  render(app(recording, <><Levels /><Leaderboard /></>));
  await screen.findByText("Knowing customers");
  await act(() => vi.advanceTimersByTimeAsync(2000));
  recording.asked.length = 0;
  for (let delivery = 0; delivery < 10; delivery++) act(() => recording.delivered());
  await act(() => vi.advanceTimersByTimeAsync(1600));
  // The game counts in the commit, the board is settled after it.
  expect(recording.asked.sort()).toEqual(["game", "leaderboard"]);
  // The board showed nothing new: it is looked at once more, and then as everything every minute.
  await act(() => vi.advanceTimersByTimeAsync(5000));
  expect(recording.asked.sort()).toEqual(["game", "leaderboard", "leaderboard"]);
  recording.asked.length = 0;
  await act(() => vi.advanceTimersByTimeAsync(61_000));
  expect(recording.asked.sort()).toEqual(["game", "leaderboard"]);
  const hidden = vi.spyOn(document, "visibilityState", "get").mockReturnValue("hidden");
  recording.asked.length = 0;
  await act(() => vi.advanceTimersByTimeAsync(300_000));
  expect(recording.asked).toEqual([]);
  hidden.mockRestore();
  act(() => void document.dispatchEvent(new Event("visibilitychange")));
  await act(() => vi.advanceTimersByTimeAsync(1000));
  expect(recording.asked.sort()).toEqual(["game", "leaderboard"]);
});
