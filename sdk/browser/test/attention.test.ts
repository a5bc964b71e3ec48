import { afterEach, expect, it, vi } from "vitest";
import { newAttention, restartAttention, timeOnPage } from "../src/attention.js";

let now = 0;
let attention = newAttention(() => now);
const look = (visible: boolean, focused: boolean): void => {
  Object.defineProperty(document, "hidden", { value: !visible, configurable: true });
  vi.spyOn(document, "hasFocus").mockReturnValue(focused);
  timeOnPage(attention);
};
afterEach(() => {
  Reflect.deleteProperty(document, "hidden");
  vi.restoreAllMocks();
});

it("counts while the page is visible and has the focus, and no other time", () => {
  now = 1000;
  attention = newAttention(() => now);
  look(true, true);
  for (const [visible, focused, ms] of [
    [true, false, 100],
    [false, false, 200],
    [true, true, 400],
    [false, true, 800],
    [true, true, 1600],
  ] as const) {
    now += ms; // as it was before
    look(visible, focused);
  }
  now += 3200;
  expect(timeOnPage(attention)).toBe(100 + 800 + 3200);
});

it("begins anew with a page, in the middle of a stretch too", () => {
  attention = newAttention(() => now);
  look(true, true);
  now += 70;
  restartAttention(attention);
  now += 5.4;
  expect(timeOnPage(attention)).toBe(5);
});
