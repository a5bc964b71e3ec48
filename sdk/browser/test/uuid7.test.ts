import { expect, it } from "vitest";
import { uuid7 } from "../src/uuid7.js";
import { START } from "./fakes.js";

const msOf = (id: string): number => parseInt(id.replace("-", "").slice(0, 12), 16);

it("has the form of a version 7 UUID", () => {
  for (let n = 0; n < 500; n++)
    expect(uuid7(START + n)).toMatch(/^[\da-f]{8}-[\da-f]{4}-7[\da-f]{3}-[89ab][\da-f]{3}-[\da-f]{12}$/);
});

it.each([0, 1, START, 2 ** 48 - 1])("carries its time in the first 48 bits: %d", (at) => {
  expect(msOf(uuid7(at))).toBe(at);
});

it("sorts by time, and by capture within a millisecond", () => {
  const ids: string[] = [];
  for (let ms = 0; ms < 20; ms++) for (let n = 0; n < 100; n++) ids.push(uuid7(START + 10_000 + ms));
  expect([...ids].sort()).toEqual(ids);
});

it("does not repeat, not even where the counter of a millisecond runs over or the clock is set back", () => {
  const ids = Array.from({ length: 10_000 }, () => uuid7(START));
  for (const at of [START - 1, START, START - 1]) for (let n = 0; n < 100; n++) ids.push(uuid7(at));
  expect(new Set(ids).size).toBe(ids.length);
});
