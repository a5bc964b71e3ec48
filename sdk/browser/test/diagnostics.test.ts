import { expect, it, vi } from "vitest";
import { createDiagnostics } from "../src/diagnostics.js";

const throws = () => {
  throw new Error("the site's own");
};

it("counts errors and losses, and tells each", () => {
  const onError = vi.fn();
  const onDrop = vi.fn();
  const { stats, fail, countDrop } = createDiagnostics({ onError, onDrop });
  fail("network", "down", "id-1");
  countDrop(2, "rejected");
  countDrop(1, "rejected");
  countDrop(0, "queue_full");
  expect(stats).toMatchObject({ errors: 1, dropped: { rejected: 3 } });
  expect(onError.mock.calls).toEqual([[{ code: "network", message: "down", eventId: "id-1" }]]);
  expect(onDrop.mock.calls).toEqual([[2, "rejected"], [1, "rejected"]]);
});

it("lets nothing out of a guarded call but its result", () => {
  const onError = vi.fn();
  const { guard } = createDiagnostics({ onError });
  expect(guard((a: number, b: number) => a + b)(1, 2)).toBe(3);
  expect(guard(throws)()).toBeUndefined();
  expect(onError.mock.calls).toEqual([[{ code: "internal", message: "Error: the site's own", eventId: undefined }]]);
});

it("survives callbacks that throw, and counts them where somebody can still be told", () => {
  const diagnostics = createDiagnostics({ onError: throws, onDrop: throws });
  const heard = vi.fn();
  diagnostics.subscribe(throws);
  diagnostics.subscribe(heard);
  diagnostics.fail("server", "503");
  diagnostics.countDrop(1, "invalid");
  diagnostics.tellSubscribers();
  expect(heard).toHaveBeenCalledTimes(1);
  expect(diagnostics.stats).toMatchObject({ errors: 3, dropped: { invalid: 1 } });
});

it("stops calling who has unsubscribed", () => {
  const { subscribe, tellSubscribers } = createDiagnostics({});
  const heard = vi.fn();
  const stop = subscribe(heard);
  tellSubscribers();
  stop();
  tellSubscribers();
  expect(heard).toHaveBeenCalledTimes(1);
});
