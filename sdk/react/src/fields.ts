import type { EventContext } from "@milepost/browser";
import type { ScalingOfCustomer } from "./context.js";

export interface Known extends ScalingOfCustomer {
  userId?: string | undefined;
}

/** The event fields of what is known; what is not known is left to the tracker. Earlier ones win. */
export function fieldsOf(...known: (Known | null)[]): EventContext {
  const fields: EventContext = {};
  for (const one of known) {
    if (one === null) continue;
    fields.customerId ??= one.customerId;
    fields.userId ??= one.userId;
    fields.currentArr ??= one.currentARR;
    fields.targetArr ??= one.targetARR;
    fields.growthStage ??= one.growthStage;
  }
  return defined(fields);
}

/** Without what is undefined: an undefined field would hide the tracker's own. */
export function defined<T extends object>(fields: T): T {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as T;
}
