import { describe, expect, it } from "vitest";
import { readSettings } from "../src/settings.js";
import type { TrackerOptions } from "../src/types.js";
import { FakeClock } from "./fakes.js";

const read = (options: Partial<TrackerOptions> = {}, host = "https://events.example") =>
  readSettings({ writeKey: "wk", ...options }, host);

describe("where requests go", () => {
  it.each([
    [undefined, "https://events.example/v1/events", "https://events.example/v1/"],
    ["", "https://events.example/v1/events", "https://events.example/v1/"],
    ["/m/events", "https://events.example/m/events", "https://events.example/m/"],
    ["/m", "https://events.example/m", "https://events.example/"],
  ])("path %j", (path, eventsUrl, baseUrl) => expect(read({ path })).toMatchObject({ eventsUrl, baseUrl }));
  it("needs no host on a server, whatever the path", () => {
    expect(read({ path: "m" }, "")).toMatchObject({ eventsUrl: "m", baseUrl: "" });
  });
});

it("takes numbers as a script tag gives them", () => {
  const tag = { flushInterval: "500", flushAt: "7", maxQueue: "20" } as unknown as TrackerOptions;
  expect(read(tag)).toMatchObject({ flushInterval: 500, flushAt: 7, maxQueue: 20 });
  expect(read({ flushAt: undefined })).toMatchObject({ flushInterval: 30_000, flushAt: 100, maxQueue: 1000 });
});

it("keeps trackers apart in storage, by write key and host", () => {
  expect(read().prefix).toBe("milepost:wk@https://events.example:");
});

it("measures durations by a clock that nobody sets, unless it is given one", () => {
  const clock = new FakeClock();
  expect(read({ clock }).elapsed()).toBe(clock.at);
  const own = read().elapsed();
  expect(own).toBeLessThanOrEqual(performance.now());
  expect(own).toBeGreaterThan(performance.now() - 1000);
});
