import { createContext, useContext, type Context } from "react";
import type { GrowthStage, Tracker } from "@milepost/browser";
import { inert } from "./inert.js";

/** ARR and growth stage, by the names that the hooks and the provider take. */
export interface Scaling {
  currentARR?: string | undefined;
  targetARR?: string | undefined;
  growthStage?: GrowthStage | undefined;
}

export interface ScalingOfCustomer extends Scaling {
  customerId?: string | undefined;
}

interface Contexts {
  tracker: Context<Tracker | null>;
  scaling: Context<ScalingOfCustomer | null>;
}

/**
 * The contexts hang on React's own `createContext`: two copies of this package find the same ones, and
 * two copies of React, which could not share a context, each their own.
 */
function contexts(): Contexts {
  const key = Symbol.for("@milepost/react.contexts.1");
  const holder = createContext as unknown as Record<symbol, Contexts | undefined>;
  let made = holder[key];
  if (made === undefined) {
    made = { tracker: createContext<Tracker | null>(null), scaling: createContext<ScalingOfCustomer | null>(null) };
    made.tracker.displayName = "Milepost";
    made.scaling.displayName = "SystematicScaling";
    Object.defineProperty(createContext, key, { value: made });
  }
  return made;
}

export const { tracker: TrackerContext, scaling: ScalingContext } = contexts();

let warned = false;

/** The provider's tracker. Without a provider its calls do nothing, and the console says so once. */
export function useTracker(): Tracker {
  const tracker = useContext(TrackerContext);
  if (tracker === null && !warned && typeof window !== "undefined") {
    warned = true;
    console.warn("Milepost: no <MilepostProvider> above this component, so nothing is tracked. Put one at the root.");
  }
  return tracker ?? inert;
}
