import { expect, it } from "vitest";
import type { ConsentState } from "../src/consent.js";
import { itemNames, openStore, purge, readItem, removeItem, writeItem } from "../src/store.js";
import { MemoryStorage } from "./fakes.js";

const make = (status: ConsentState["status"] = "granted", storage: MemoryStorage | null = new MemoryStorage()) => {
  const consentState: ConsentState = { status, respectSignals: true };
  return { storage, consentState, store: openStore({ storage }, "ours:", consentState) };
};

it("reads back what it wrote, under its prefix", () => {
  const { store, storage } = make();
  expect(writeItem(store, "a", "1")).toBe(true);
  expect(readItem(store, "a")).toBe("1");
  expect([...storage!.entries]).toEqual([["ours:a", "1"]]);
  removeItem(store, "a");
  expect(readItem(store, "a")).toBeNull();
});

it("names and purges its own items alone", () => {
  const { store, storage } = make();
  for (const name of ["theirs:q:1", "ours:q:2", "ours:q:1", "ours:session", "our"]) storage!.setItem(name, name);
  expect(itemNames(store, "q:")).toEqual(["q:1", "q:2"]);
  expect(itemNames(store, "")).toEqual(["q:1", "q:2", "session"]);
  purge(store);
  expect([...storage!.entries.keys()]).toEqual(["theirs:q:1", "our"]);
});

it.each(["denied", "pending", "ended"] as const)("writes nothing while consent is %s, and may still remove", (status) => {
  const { store, storage, consentState } = make();
  writeItem(store, "a", "1");
  consentState.status = status;
  const before = storage!.writes;
  expect(writeItem(store, "b", "2")).toBe(false);
  expect(storage!.writes).toBe(before);
  removeItem(store, "a");
  expect(storage!.length).toBe(0);
  consentState.status = "granted";
  expect(writeItem(store, "b", "2")).toBe(true);
});

it("answers that nothing is there, and nothing written, where storage is full or none", () => {
  const full = make("granted", Object.assign(new MemoryStorage(), { full: true })).store;
  const none = make("granted", null).store;
  for (const store of [full, none]) {
    expect(writeItem(store, "a", "1")).toBe(false);
    expect(readItem(store, "a") ?? null).toBeNull();
    expect(itemNames(store, "")).toEqual([]);
    removeItem(store, "a");
    purge(store);
  }
});
