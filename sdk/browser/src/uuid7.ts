let lastMs = 0;
let count = 0;

/** A UUIDv7 for a time in milliseconds since 1970. Ids of one page sort by capture: those of the same
 *  millisecond count up in the 12 bits after the version (RFC 9562, method 1). */
export function uuid7(at: number): string {
  const [a, b, c] = crypto.getRandomValues(new Uint32Array(3)) as unknown as [number, number, number];
  count = at === lastMs ? (count + 1) & 4095 : c & 2047;
  lastMs = at;
  const text = hex(at, 12) + "7" + hex(count, 3) + hex((a >>> 2) + 2 ** 31, 8) + hex(b, 8);
  return text.replace(/(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
}

const hex = (value: number, width: number): string => value.toString(16).padStart(width, "0");
