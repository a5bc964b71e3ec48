import { describe, expect, it, vi } from "vitest";
import { backoff, judge, readRetryAfter } from "../src/policy.js";
import { START } from "./fakes.js";

const say = (status: number, body: unknown = {}, retryAfter: string | null = null, size = 1) =>
  judge(status, typeof body === "string" ? body : JSON.stringify(body), retryAfter, size, START);
const HOLD = 300_000;

describe("judge", () => {
  it.each([408, 500, 502, 503, 504, 599])("tries again after %d", (status) => {
    expect(say(status)).toEqual({ code: "server", floor: 0 });
    expect(say(status, {}, "7")).toEqual({ code: "server", floor: 7000 });
  });
  it("tries again after 429, when told to", () => {
    expect(say(429, {}, "120")).toEqual({ code: "throttled", floor: 120_000 });
  });
  it.each([400, 413, 422])("looks in smaller batches for what %d refuses", (status) => {
    expect(say(status, {}, "60")).toBeUndefined();
  });
  it.each([401, 403])("takes %d for a wrong write key: keeps the events, asks rarely", (status) => {
    expect(say(status)).toEqual({ code: "unauthorised", floor: HOLD });
    expect(say(status, {}, "3600")).toEqual({ code: "unauthorised", floor: 3_600_000 });
  });
  it.each([201, 202, 204, 301, 404, 405, 410, 418, 499])("takes %d for a wrong host: keeps the events, asks rarely", (status) => {
    expect(say(status, { accepted: 1, duplicates: 0, rejected: [] })).toEqual({ code: "misconfigured", floor: HOLD });
  });
  it("reads a receipt", () => {
    const rejected = [{ index: 2, code: "too_deep", message: "m" }];
    expect(say(200, { accepted: 1, duplicates: 1, rejected }, null, 3)).toEqual({ accepted: 1, duplicates: 1, rejected });
  });
});

const BAD = { code: "bad_receipt", floor: 0 };
describe("a 200 that is no receipt stores nothing", () => {
  it.each([
    ["", 1],
    ["<html>Sign in to the hotel's network</html>", 1],
    ["null", 1],
    ["[]", 1],
    ["0", 0],
    ['"text"', 1],
    ['{"success":true}', 1],
    ['{"accepted":1', 1],
    ['{"accepted":1,"duplicates":0}', 1],
    ['{"accepted":1,"duplicates":0,"rejected":null}', 1],
    ['{"accepted":"1","duplicates":0,"rejected":[]}', 1],
    ['{"accepted":1,"duplicates":0,"rejected":[]}', 2],
    ['{"accepted":2,"duplicates":0,"rejected":[]}', 1],
  ])("%s for %d", (text, size) => expect(say(200, text, null, size)).toEqual(BAD));

  it.each([
    ['{"accepted":0,"duplicates":0,"rejected":"x"}', 1],
    ['{"accepted":0,"duplicates":0,"rejected":[null]}', 1],
    ['{"accepted":2,"duplicates":-1,"rejected":[]}', 1],
    ['{"accepted":0,"duplicates":0,"rejected":[{"index":5}]}', 1],
    ['{"accepted":0,"duplicates":0,"rejected":[{"index":0},{"index":0}]}', 2],
    ['{"accepted":0.5,"duplicates":0.5,"rejected":[]}', 1],
  ])("%s for %d", (text, size) => expect(say(200, text, null, size)).toEqual(BAD));
});

it.each([
  [null, 0],
  ["", 0],
  ["0", 0],
  ["1.5", 1500],
  ["-5", 0],
  ["soon", 0],
  ["NaN", 0],
  ["Infinity", 86_400_000],
  ["999999999", 86_400_000],
  [new Date(START + 90_000).toUTCString(), 90_000],
  [new Date(START - 90_000).toUTCString(), 0],
])("reads Retry-After %j as %d ms", (value, ms) => expect(readRetryAfter(value, START)).toBe(ms));

describe("backoff", () => {
  it("doubles its range from a second to a minute, on top of the floor", () => {
    const random = vi.spyOn(Math, "random");
    for (const [failures, most] of [[0, 1000], [1, 2000], [5, 32_000], [6, 60_000], [5000, 60_000]] as const)
      for (const drawn of [0, 0.5, 0.999]) {
        random.mockReturnValue(drawn);
        expect(backoff(failures, 0)).toBeCloseTo(drawn * most);
        expect(backoff(failures, 7000)).toBeCloseTo(7000 + drawn * most);
      }
    random.mockRestore();
  });
});
