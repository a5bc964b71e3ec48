import { granted, type ConsentState } from "./consent.js";
import type { KeyValueStorage, TrackerOptions } from "./types.js";

/** One tracker's part of localStorage. Storage may be forbidden or full at any time: then reading answers
 *  undefined, writing answers false, and nothing throws. */
export interface Store {
  /** Null: everything lives as long as the page. */
  readonly area: KeyValueStorage | null;
  readonly prefix: string;
  /** Kept here so that no caller can write without it. */
  readonly consentState: ConsentState;
}

export function openStore(options: Pick<TrackerOptions, "storage">, prefix: string, consentState: ConsentState): Store {
  let area: KeyValueStorage | null = null;
  try {
    ({ storage: area = localStorage } = options);
  } catch {
    // Even its name may be forbidden, and outside a browser there is none.
  }
  return { area, prefix, consentState };
}

function use<R>({ area }: Store, run: (area: KeyValueStorage) => R): R | undefined {
  try {
    return run(area!);
  } catch {
    return undefined;
  }
}

export const readItem = (store: Store, name: string): string | null | undefined =>
  use(store, (area) => area.getItem(store.prefix + name));

/** Answers whether it is written: never without consent. */
export const writeItem = (store: Store, name: string, value: string): boolean =>
  granted(store.consentState) && !!use(store, (area) => (area.setItem(store.prefix + name, value), true));

export const removeItem = (store: Store, name: string): void => use(store, (area) => area.removeItem(store.prefix + name));

/** The names that begin with `start`, in order, without the prefix. */
export const itemNames = (store: Store, start: string): string[] =>
  (use(store, (area) => Array.from({ length: area.length }, (_, at) => area.key(at)!)) || [])
    .filter((key) => key.startsWith(store.prefix + start))
    .map((key) => key.slice(store.prefix.length))
    .sort();

export const purge = (store: Store): void => itemNames(store, "").forEach((name) => removeItem(store, name));
