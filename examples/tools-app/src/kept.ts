import { useState, type Dispatch, type SetStateAction } from "react";

const kept = new Map<string, unknown>();

/** State that outlives its component, until the page is closed: a tool is found as it was left. */
export function useKept<T>(key: string, initial: T): [T, Dispatch<SetStateAction<T>>] {
  const [value, setValue] = useState<T>(() => (kept.has(key) ? (kept.get(key) as T) : initial));
  const set: Dispatch<SetStateAction<T>> = (next) =>
    setValue((before) => {
      const after = typeof next === "function" ? (next as (before: T) => T)(before) : next;
      kept.set(key, after);
      return after;
    });
  return [value, set];
}

/** What another tool left behind, as it is now. */
export const peek = <T>(key: string): T | undefined => kept.get(key) as T | undefined;

/** True the first time this customer's browser gets here; then never again. */
export function firstTime(customerId: string, what: string): boolean {
  const key = `tools-app:${customerId}:${what}`;
  try {
    if (localStorage.getItem(key) !== null) return false;
    localStorage.setItem(key, "1");
    return true;
  } catch {
    // Storage is forbidden: once per page then.
    if (kept.has(key)) return false;
    kept.set(key, true);
    return true;
  }
}
