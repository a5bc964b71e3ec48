import { expect, it } from "vitest";
import { EVENT, IDENTITY_CALL, type Entry, type Kind } from "../src/queue.js";
import { postBatch } from "../src/request.js";
import { readSettings } from "../src/settings.js";
import { FakeClock, START, receipt, server, useFakes } from "./fakes.js";

useFakes();

const entry = (n: number, kind: Kind = EVENT): Entry => ({ id: `${n}`, kind, priority: 0, json: JSON.stringify({ event_id: `${n}` }) });
const post = (batch: Entry[], clock = new FakeClock(), writeKey = "wk") =>
  postBatch(readSettings({ writeKey, clock, path: "/m/events" }, "https://events.example"), batch, true, new AbortController());

it("posts events as they are, with the time and the write key as JSON", async () => {
  const [verdict] = await post([entry(1), entry(2)], new FakeClock(), 'w"k');
  expect(verdict).toEqual({ accepted: 2, duplicates: 0, rejected: [] });
  const [call] = server.calls;
  expect(call).toMatchObject({ url: "https://events.example/m/events", keepalive: true });
  expect(JSON.parse(call!.body)).toEqual({
    events: [{ event_id: "1" }, { event_id: "2" }],
    sent_at: new Date(START).toISOString(),
    write_key: 'w"k',
  });
});

it("posts identity calls to batch, beside the events", async () => {
  await post([entry(1, IDENTITY_CALL)]);
  expect(server.calls[0]!.url).toBe("https://events.example/m/batch");
  expect(JSON.parse(server.calls[0]!.body)).toMatchObject({ batch: [{ event_id: "1" }] });
});

it("answers what the server says, with its words", async () => {
  server.answers = [{ status: 503, body: "come back", headers: { "Retry-After": "7" } }, { status: 413, body: "too much" }, receipt(1)];
  expect(await post([entry(1)])).toEqual([{ code: "server", floor: 7000 }, "503: come back"]);
  expect(await post([entry(1)])).toEqual([undefined, "413: too much"]);
  expect((await post([entry(1)]))[0]).toEqual({ accepted: 1, duplicates: 0, rejected: [] });
});

it("takes a network that fails, and one that is silent for 15 seconds, for the same", async () => {
  server.answers = ["down", "never"];
  expect(await post([entry(1)])).toEqual([{ code: "network", floor: 0 }, "TypeError: Failed to fetch"]);
  const clock = new FakeClock();
  const answer = post([entry(1)], clock);
  await clock.advance(14_999);
  expect(server.calls[1]!.signal.aborted).toBe(false);
  await clock.advance(1);
  expect((await answer)[0]).toEqual({ code: "network", floor: 0 });
});
