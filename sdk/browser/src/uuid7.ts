let lastMs = 0;
let count = 0;

/** A UUIDv7 for a time in milliseconds since 1970. Ids of one page sort by capture: those of the same
 *  millisecond count up in the 12 bits after the version (RFC 9562, method 1). */
export function uuid7(at: number): string {
  const ms = Math.max(0, Math.floor(at));
  const random = new Uint32Array(3);
  crypto.getRandomValues(random);
  const [a = 0, b = 0, c = 0] = random;
  count = ms === lastMs ? (count + 1) & 0xfff : c & 0x7ff;
  lastMs = ms;
  const time = hex(ms, 12);
  const high = hex((a & 0x3fffffff) + 0x80000000, 8);
  return `${time.slice(0, 8)}-${time.slice(8)}-7${hex(count, 3)}-${high.slice(0, 4)}-${high.slice(4)}${hex(b, 8)}`;
}

const hex = (value: number, width: number): string => value.toString(16).padStart(width, "0");
