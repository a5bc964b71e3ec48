import { execFileSync } from "node:child_process";
import { resolve } from "node:path";
import { expect, it } from "vitest";
import { createTracker, type Tracker, type TrackerOptions } from "../src/index.js";
import { FakeClock, MemoryStorage, server, useFakes, type Wire } from "./fakes.js";

/** The script tag's file, whose build gives short names to what is ours: nothing of that may be seen outside. */
useFakes();

const build = resolve(import.meta.dirname, "../scripts/script_build.mjs");
const script = (): string =>
  execFileSync("node", ["--input-type=module", "-e", `process.stdout.write((await (await import(${JSON.stringify(build)})).buildScript()).text)`], { encoding: "utf8" });

/** All names in what is sent, stored and answered, by one use of everything. */
async function use(create: (options: TrackerOptions) => Tracker) {
  const storage = new MemoryStorage();
  const clock = new FakeClock();
  const tracker = create({ writeKey: "wk", host: "https://events.example", clock, storage, customerId: "c1", token: "t", onError: () => {} });
  document.body.innerHTML = `<button data-milepost-button-id="b" data-milepost-tool-id="t" data-milepost-plan="pro">B</button>`;
  document.querySelector("button")!.click();
  tracker.trackToolUsage({ toolId: "icp-analysis", metadata: { draft: 1, current: 2, enter: 3 } });
  tracker.trackExport({ exportType: "pdf" });
  tracker.trackResourceGeneration({ resourceType: "deck" });
  tracker.trackFormSubmit({ formId: "f" });
  tracker.trackBehavior("Download", { fileName: "f" });
  tracker.identify("u1", { area: "a" });
  tracker.group("c2");
  tracker.alias("u0");
  tracker.enterTool("icp-analysis").exit();
  await clock.advance(60_000);
  const sent = server.calls.flatMap(({ url, body, items }) => [url, ...Object.keys(JSON.parse(body)), ...items.map(shape)]);
  const stored = [...storage.entries].map(([name, text]) => [name.replace(/[\da-f-]{36}/g, "id"), text.split(".").length]);
  const answered = [Object.keys(tracker).sort(), tracker.stats()];
  tracker.close();
  await clock.advance(0);
  return { sent, stored, answered };
}
const shape = (wire: Wire) => [Object.keys(wire), Object.keys(wire.event_metadata ?? {}), wire.event_type ?? wire.type];

it("sends, stores and answers what the sources do", async () => {
  const expected = await use(createTracker);
  server.calls = [];
  new Function(script())();
  const { milepost } = window as unknown as { milepost: { createTracker: typeof createTracker } };
  const built = await use(milepost.createTracker);
  expect(expected.sent.length).toBeGreaterThan(10);
  expect(built).toEqual(expected);
}, 30_000);
