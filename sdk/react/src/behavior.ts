import { useContext, useEffect, useMemo, useRef } from "react";
import type {
  Click,
  EventContext,
  EventType,
  EventsAsked,
  Export,
  FormSubmit,
  Insights,
  Metadata,
  Milestone,
  Navigation,
  Properties,
  ResourceGeneration,
  ResourceShare,
  StoredEvent,
  ToolUsage,
  Tracker,
  Traits,
} from "@milepost/browser";
import { ScalingContext, useTracker } from "./context.js";
import { defined, fieldsOf, type Known } from "./fields.js";

export interface BehaviorTrackingOptions extends Known {
  /**
   * Track a page view when the component appears, and when the address changed by then. Default false: the
   * tracker tracks page views and durations by itself; this is for one made with `pageViews: false`.
   */
  autoTrackPageViews?: boolean | undefined;
}

/** Each call adds the hook's customer, user, ARR and growth stage, and returns the event's id. */
export interface BehaviorTracking {
  /** One of the event types, or any name of your own, such as `Invoice Sent`. */
  track(name: EventType | (string & {}), properties?: Properties): string;
  trackToolUsage(event: ToolUsage): string;
  trackExport(event: Export): string;
  trackMilestone(event: Milestone): string;
  trackResourceGeneration(event: ResourceGeneration): string;
  trackResourceShare(event: ResourceShare): string;
  trackClick(event: Click): string;
  trackFormSubmit(event: FormSubmit): string;
  trackNavigation(event: Navigation): string;
  trackBehavior(actionType: string, payload?: Record<string, unknown>): string;
  trackPageView(properties?: Metadata): string;
  identify(userId: string, traits?: Traits): string;
  group(customerId: string, traits?: Traits): string;
  flush(): Promise<void>;
  getInsights(): Promise<Insights | null>;
  getRecentEvents(limit?: EventsAsked): Promise<StoredEvent[]>;
}

/** The tracking calls of a component; the object and its functions stay the same between renders. */
export function useBehaviorTracking(options: BehaviorTrackingOptions = {}): BehaviorTracking {
  const tracker = useTracker();
  const scaling = useContext(ScalingContext);
  const known = useRef<(Known | null)[]>([options, scaling]);
  useEffect(() => {
    known.current = [options, scaling];
  });
  const tracking = useMemo(() => bound(tracker, () => fieldsOf(...known.current)), [tracker]);
  useEffect(() => {
    if (options.autoTrackPageViews === true) viewed(tracker);
  }, [tracker, options.autoTrackPageViews]);
  return tracking;
}

const pages = new WeakMap<Tracker, string>();

/** One view of an address, also when several components ask for it or StrictMode asks twice. */
function viewed(tracker: Tracker): void {
  const address = window.location.href;
  if (pages.get(tracker) === address) return;
  pages.set(tracker, address);
  tracker.page();
}

function bound(tracker: Tracker, fields: () => EventContext): BehaviorTracking {
  const withKnown = <T extends object>(event: T): T => ({ ...fields(), ...defined(event) });
  return {
    track: (name, properties) => tracker.track(name, withKnown(properties ?? {})),
    trackToolUsage: (event) => tracker.trackToolUsage(withKnown(event)),
    trackExport: (event) => tracker.trackExport(withKnown(event)),
    trackMilestone: (event) => tracker.trackMilestone(withKnown(event)),
    trackResourceGeneration: (event) => tracker.trackResourceGeneration(withKnown(event)),
    trackResourceShare: (event) => tracker.trackResourceShare(withKnown(event)),
    trackClick: (event) => tracker.trackClick(withKnown(event)),
    trackFormSubmit: (event) => tracker.trackFormSubmit(withKnown(event)),
    trackNavigation: (event) => tracker.trackNavigation(withKnown(event)),
    trackBehavior: (actionType, payload) => tracker.trackBehavior(actionType, withKnown(payload ?? {})),
    trackPageView: (properties) => tracker.page(properties),
    identify: (userId, traits) => tracker.identify(userId, traits),
    group: (customerId, traits) => tracker.group(customerId, traits),
    flush: () => tracker.flush(),
    getInsights: () => tracker.getInsights(),
    getRecentEvents: (limit) => tracker.getRecentEvents(limit),
  };
}
