import { beforeEach, expect, it, vi } from "vitest";
import { open, useFakes } from "./fakes.js";

useFakes();

const asked: [url: string, init: RequestInit][] = [];
let answer: () => Response | Promise<Response>;
beforeEach(() => {
  asked.length = 0;
  answer = () => new Response("{}");
  vi.stubGlobal("fetch", (url: string, init: RequestInit) => {
    asked.push([url, init]);
    return Promise.resolve(answer());
  });
});

it("reads below /v1/me/ with the token as it is then, whatever headers are asked for", async () => {
  const { tracker } = open({ token: "one" });
  await tracker.fetch("game");
  tracker.setContext({ token: "two" });
  await tracker.fetch("game/profile", { method: "PUT", body: "{}", headers: { Authorization: "Basic x" } });
  expect(asked).toEqual([
    ["https://events.example/v1/me/game", { headers: { Authorization: "Bearer one" } }],
    ["https://events.example/v1/me/game/profile", { method: "PUT", body: "{}", headers: { Authorization: "Bearer two" } }],
  ]);
});
it("asks nothing without a token, and nothing once signed out", async () => {
  const { tracker, errors } = open();
  await expect(tracker.fetch("game")).rejects.toBe("token");
  tracker.setContext({ token: "one" });
  tracker.reset();
  await expect(tracker.fetch("game")).rejects.toBe("token");
  expect(await tracker.getInsights()).toBeNull();
  expect(errors).toEqual([{ code: "read", message: "token", eventId: undefined }]);
  expect(asked).toEqual([]);
});
it("leaves what is answered to who asked; getInsights and getRecentEvents tell what went wrong", async () => {
  const { tracker, errors } = open({ token: "one" });
  answer = () => new Response("{}", { status: 401 });
  expect((await tracker.fetch("game")).status).toBe(401);
  expect(errors).toEqual([]);
  expect(await tracker.getInsights()).toBeNull();
  expect(await tracker.getRecentEvents(5)).toEqual([]);
  expect(errors.map(({ message }) => message)).toEqual(["401", "401"]);
  answer = () => new Response("{}", { status: 404 });
  expect(await tracker.getInsights()).toBeNull();
  answer = () => Promise.reject(new TypeError("gone"));
  await expect(tracker.fetch("game")).rejects.toThrow("gone");
  expect(await tracker.getRecentEvents()).toEqual([]);
  expect(errors.map(({ message }) => message)).toEqual(["401", "401", "TypeError: gone"]);
});
