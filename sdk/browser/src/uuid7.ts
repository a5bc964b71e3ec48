let lastMs = 0;
let count = 0;
let tail = "";

/** A UUIDv7 for a time in milliseconds since 1970. Ids of one page sort by capture: those of the same
 *  millisecond count up in the 12 bits after the version (RFC 9562, method 1). The random bits are drawn once a
 *  page, for asking costs more than all the rest, and anew when time and count could come again. */
export function uuid7(at: number): string {
  count = at === lastMs ? count + 1 : 0;
  if (!tail || at < lastMs || count > 4095) {
    const random = hex(crypto.getRandomValues(new BigUint64Array(1))[0]!, 16);
    tail = `-8${random.slice(1, 4)}-${random.slice(4)}`;
    count = 0;
  }
  lastMs = at;
  return hex(at, 12).replace(/.{8}/, "$&-") + "-7" + hex(count, 3) + tail;
}

const hex = (value: number | bigint, width: number): string => value.toString(16).padStart(width, "0");
