/**
 * One object for the whole page, however many copies of this package it loaded. The number in the name
 * rises when the object's shape changes, so that two versions never share what they read differently.
 */
export function shared<T extends object>(name: string, make: () => T): T {
  const key = Symbol.for(`@milepost/react.${name}.1`);
  const holder = globalThis as unknown as Record<symbol, T | undefined>;
  return (holder[key] ??= make());
}
