import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { FakeClock, MemoryStorage, open, server, soon, useFakes, waiting } from "./fakes.js";

useFakes();

const hide = (hidden: boolean): void => {
  Object.defineProperty(document, "hidden", { value: hidden, configurable: true });
  document.dispatchEvent(new Event("visibilitychange", { bubbles: true }));
};
const comeBack = (): void => void window.dispatchEvent(Object.assign(new Event("pageshow"), { persisted: true }));
beforeEach(() => void vi.spyOn(document, "hasFocus").mockReturnValue(true));
afterEach(() => Reflect.deleteProperty(document, "hidden"));

const told = () => server.events.map(({ event_metadata: { action, duration_ms } }) => [action, duration_ms]);

it("tells a visit's entry and its exit, once, with the page of the entry", async () => {
  const { tracker, clock } = open();
  const visit = tracker.enterTool("icp-analysis", "rating", { metadata: { plan: "pro" } });
  history.replaceState(null, "", "/elsewhere");
  clock.at += 5000;
  visit.exit();
  clock.at += 5000;
  visit.exit();
  await tracker.flush();
  history.replaceState(null, "", "/");
  expect(told()).toEqual([["enter", undefined], ["exit", 5000]]);
  const [entry, exit] = server.events;
  expect(entry).toMatchObject({ event_id: visit.id, tool_id: "icp-analysis", tool_section: "rating", event_metadata: { plan: "pro" } });
  expect(exit).toMatchObject({ page_url: entry!.page_url, tool_id: "icp-analysis", event_metadata: { plan: "pro" } });
  expect(exit!.event_id).not.toBe(visit.id);
});

it("drafts an exit when the page is hidden, under the id it keeps", async () => {
  const storage = new MemoryStorage();
  const { tracker, clock } = open({ storage });
  const visit = tracker.enterTool("icp-analysis");
  await tracker.flush();
  clock.at += 1000;
  hide(true);
  const [draft] = waiting(storage);
  hide(false);
  expect(waiting(storage)).toEqual([]);
  clock.at += 1000;
  hide(true);
  expect(waiting(storage)).toEqual([draft]);
  hide(false);
  clock.at += 1000;
  visit.exit();
  await tracker.flush();
  expect(server.events.at(-1)).toMatchObject({ event_id: draft, event_metadata: { action: "exit", duration_ms: 3000 } });
});

it("ends a visit as of when its page was hidden, if it is closed hidden", async () => {
  const { tracker, clock } = open();
  tracker.enterTool("icp-analysis");
  clock.at += 1000;
  hide(true);
  clock.at += 60_000;
  window.dispatchEvent(new Event("pagehide"));
  await soon();
  expect(told()).toEqual([["enter", undefined], ["exit", 1000]]);
});

it("begins page and visits anew where the page comes back, its time on page too", async () => {
  const { tracker, clock } = open({ pageViews: true });
  tracker.enterTool("icp-analysis");
  clock.at += 7000;
  window.dispatchEvent(new Event("pagehide"));
  clock.at += 500;
  comeBack();
  clock.at += 300;
  tracker.trackClick({ buttonId: "b" });
  await tracker.flush();
  expect(told()).toEqual([
    ["page_view", undefined],
    ["enter", undefined],
    ["page_leave", 7000],
    ["exit", 7000],
    ["page_view", undefined],
    ["enter", undefined],
    ["click", undefined],
  ]);
  expect(server.events.at(-1)!.time_on_page).toBe(300);
});

it("tells nothing of a visit that has ended before the page went", async () => {
  const { tracker } = open();
  tracker.enterTool("icp-analysis").exit();
  window.dispatchEvent(new Event("pagehide"));
  comeBack();
  await tracker.flush();
  expect(told()).toEqual([["enter", undefined], ["exit", 0]]);
});

it("does not throw at options that do", () => {
  const { tracker, errors } = open();
  const options = {
    get metadata(): never {
      throw new Error("the site's own");
    },
  };
  const visit = tracker.enterTool("icp-analysis", undefined, options);
  visit.exit();
  expect(visit.id).toMatch(/^[\da-f-]{36}$/);
  expect(errors.map(({ code }) => code)).toEqual(["invalid", "invalid"]);
});

it("keeps its entries to itself while consent is pending and the page was hidden", async () => {
  server.always = "down";
  const storage = new MemoryStorage();
  const clock = new FakeClock();
  const { tracker } = open({ storage, consent: "pending" }, clock);
  tracker.track("navigation");
  hide(true);
  hide(false);
  await tracker.flush();
  tracker.setConsent("granted");
  await soon();
  expect(waiting(storage)).toHaveLength(1);
  clock.at += 50;
  const other = open({ storage }, clock);
  await soon();
  expect(other.tracker.stats().queued).toBe(0);
});
