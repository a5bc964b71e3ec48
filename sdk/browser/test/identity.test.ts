import { expect, it } from "vitest";
import type { ConsentState } from "../src/consent.js";
import { ANONYMOUS_ID, anonymousId, forgetBrowserId, resetIdentity, saveBrowserId, setContext, type Identity } from "../src/identity.js";
import { openStore, readItem } from "../src/store.js";
import type { TrackerContext } from "../src/types.js";
import { MemoryStorage, START } from "./fakes.js";

const make = (status: ConsentState["status"] = "granted", storage = new MemoryStorage()) => {
  const consentState: ConsentState = { status, respectSignals: true };
  const identity: Identity = { context: {} };
  return { identity, consentState, storage, store: openStore({ storage }, "p:", consentState) };
};

it("takes the fields of an event and the token, in either spelling, and nothing else", () => {
  const { identity } = make();
  setContext(identity, { customerId: "c1", user_id: "u1", token: "t", currentARR: "1M", flushAt: 5 } as TrackerContext);
  expect(identity).toEqual({ context: { customer_id: "c1", user_id: "u1", current_arr: "1M" }, token: "t" });
  setContext(identity, { customerId: undefined, token: undefined });
  expect(identity.context).toEqual({ customer_id: undefined, user_id: "u1", current_arr: "1M" });
  expect(identity.token).toBeUndefined();
});

it("keeps one anonymous id for all pages of a browser", () => {
  const one = make();
  const id = anonymousId(one.identity, one.store, START);
  expect(anonymousId(one.identity, one.store, START + 5)).toBe(id);
  const other = make("granted", one.storage);
  expect(anonymousId(other.identity, other.store, START + 9)).toBe(id);
});

it("lets the site name another one, and still writes down its own for the other tabs to watch", () => {
  const { identity, store } = make();
  setContext(identity, { anonymousId: "theirs" } as TrackerContext);
  expect(anonymousId(identity, store, START)).toBe("theirs");
  expect(readItem(store, ANONYMOUS_ID)).toBe(identity.browserId);
});

it("writes its id down no earlier than consent is granted", () => {
  const { identity, consentState, store, storage } = make("pending");
  const id = anonymousId(identity, store, START);
  expect(storage.writes).toBe(0);
  consentState.status = "granted";
  saveBrowserId(identity, store);
  expect(readItem(store, ANONYMOUS_ID)).toBe(id);
});

it("is somebody new after a refusal, and after signing out", () => {
  const { identity, store, storage } = make();
  setContext(identity, { customerId: "c1", token: "t" });
  const first = anonymousId(identity, store, START);
  storage.entries.clear();
  forgetBrowserId(identity);
  const second = anonymousId(identity, store, START + 1);
  resetIdentity(identity, store, START + 2);
  const third = anonymousId(identity, store, START + 3);
  expect(new Set([first, second, third]).size).toBe(3);
  expect(identity).toMatchObject({ context: {}, token: undefined });
  expect(readItem(store, ANONYMOUS_ID)).toBe(third);
});
