import { act, fireEvent, render, screen, within } from "@testing-library/react";
import { StrictMode, type ReactNode } from "react";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Leaderboard, MilepostProvider } from "../src/index.js";
import { board, game } from "./answers.js";
import { Recording } from "./recording.js";

beforeEach(() => void vi.useFakeTimers({ shouldAdvanceTime: true }));
afterEach(() => vi.useRealTimers());

const app = (recording: Recording, limit?: number): ReactNode => (
  <StrictMode>
    <MilepostProvider tracker={recording.tracker}>
      <Leaderboard locale="en-GB" limit={limit} />
    </MilepostProvider>
  </StrictMode>
);
const rows = (): (string | null)[] => screen.getAllByRole("listitem").map((item) => item.textContent);

test("off until the customer joins; the choice is saved, and the own place is marked", async () => {
  const recording = new Recording();
  recording.me["game"] = game();
  recording.me["leaderboard"] = board();
  render(app(recording));
  expect(await screen.findByText("You are not on it.")).toBeTruthy();
  expect(rows()).toEqual(["Place 1Globex320 points", "Place 2Somebody120 points"]);
  fireEvent.click(screen.getByRole("button", { name: "Join the leaderboard" }));
  // Joining begins with the choice that tells least.
  const anonymous = screen.getByRole("radio", { name: /As “Somebody”/ });
  expect(document.activeElement).toBe(anonymous);
  recording.me["game/profile"] = game({ leaderboard: "anonymous" });
  const mine = { rank: 2, name: "Somebody", points: 130, is_me: true };
  recording.me["leaderboard"] = board({ items: [board().items[0]!, mine], me: { rank: 2, points: 130 } });
  fireEvent.click(screen.getByRole("button", { name: "Save" }));
  expect(await screen.findByText("You appear as “Somebody”.")).toBeTruthy();
  expect(recording.body).toEqual({ leaderboard: "anonymous", display_name: null });
  expect(document.activeElement).toBe(screen.getByRole("button", { name: /Change/ }));
  await act(() => vi.advanceTimersByTimeAsync(2000));
  expect(rows()).toEqual(["Place 1Globex320 points", "Place 2Somebodyyou130 points"]);
});

test("a name is needed for a name, and the server's word stands beside the field", async () => {
  const recording = new Recording();
  recording.me["game"] = game({ leaderboard: "anonymous", display_name: null });
  recording.me["leaderboard"] = board();
  render(app(recording));
  fireEvent.click(await screen.findByRole("button", { name: /Change/ }));
  fireEvent.click(screen.getByRole("radio", { name: /With a name/ }));
  fireEvent.click(screen.getByRole("button", { name: "Save" }));
  const field = screen.getByRole("textbox", { name: "Name" });
  expect(within(screen.getByRole("alert")).getByText(/Enter the name/)).toBeTruthy();
  expect(document.activeElement).toBe(field);
  expect(field.getAttribute("aria-invalid")).toBe("true");
  recording.me["game/profile"] = new Response(
    JSON.stringify({ code: "invalid_request", message: "The display name holds a control character.", field: "display_name" }),
    { status: 422 },
  );
  fireEvent.change(field, { target: { value: "  Acme  " } });
  fireEvent.click(screen.getByRole("button", { name: "Save" }));
  expect(await screen.findByText("The display name holds a control character.")).toBeTruthy();
  recording.me["game/profile"] = "Failed to fetch";
  fireEvent.click(screen.getByRole("button", { name: "Save" }));
  expect(await screen.findByText("That could not be saved. Please try again.")).toBeTruthy();
  // What was typed is still there.
  expect((field as HTMLInputElement).value).toBe("  Acme  ");
  recording.me["game/profile"] = game({ leaderboard: "named", display_name: "Acme" });
  fireEvent.click(screen.getByRole("button", { name: "Save" }));
  expect((await screen.findByText(/You appear as/)).textContent).toBe("You appear as Acme.");
  expect(recording.body).toEqual({ leaderboard: "named", display_name: "Acme" });
});

test("leaving keeps nobody waiting, cancelling changes nothing", async () => {
  const recording = new Recording();
  recording.me["game"] = game({ leaderboard: "named", display_name: "Acme" });
  recording.me["leaderboard"] = board();
  render(app(recording));
  fireEvent.click(await screen.findByRole("button", { name: /Change/ }));
  fireEvent.click(screen.getByRole("button", { name: "Cancel" }));
  expect(recording.asked.filter((path) => path.startsWith("PUT"))).toEqual([]);
  fireEvent.click(screen.getByRole("button", { name: /Change/ }));
  fireEvent.click(screen.getByRole("radio", { name: /Not on it/ }));
  recording.me["game/profile"] = game({ leaderboard: "off", display_name: "Acme" });
  fireEvent.click(screen.getByRole("button", { name: "Save" }));
  expect(await screen.findByText("You are not on it.")).toBeTruthy();
});

test("an own place far down stands apart, and long names and equal ranks are nothing special", async () => {
  const recording = new Recording();
  const name = "<script>".repeat(25);
  recording.me["game"] = game({ leaderboard: "anonymous" });
  recording.me["leaderboard"] = board({
    items: Array.from({ length: 10 }, (_, n) => ({ rank: n < 5 ? 1 : 6, name, points: 1, is_me: false })),
    me: { rank: 4321, points: 0 },
    customers: 5000,
  });
  render(app(recording, 3));
  expect(await screen.findByText("4,321")).toBeTruthy();
  expect(rows()).toEqual([...Array<string>(3).fill(`Place 1${name}1 point`), "Place 4,321You0 points"]);
  expect(screen.getByText("and 4,996 more")).toBeTruthy();
});

test("empty boards and customers that nothing is known of", async () => {
  const recording = new Recording();
  recording.me["leaderboard"] = board({ items: [], customers: 0 });
  recording.me["game"] = game();
  const { unmount } = render(app(recording));
  expect(await screen.findByText("Nobody is on it yet. You may be the first.")).toBeTruthy();
  unmount();
  const unknown = new Recording();
  unknown.me["leaderboard"] = board({ items: [], customers: 0 });
  render(app(unknown));
  expect(await screen.findByText(/Nobody is on it yet/)).toBeTruthy();
  expect(screen.queryByRole("button")).toBeNull();
});
