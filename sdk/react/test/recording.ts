import type { EventContext, Insights, StoredEvent, Tracker } from "@milepost/browser";
import { inert } from "../src/inert.js";

/** A tracker that writes down what it is told: entries and exits as `enter icp-analysis/summary`. */
export class Recording {
  readonly visits: string[] = [];
  readonly calls: [name: string, ...args: unknown[]][] = [];
  insights: Insights | null = null;
  events: StoredEvent[] = [];
  reads = 0;
  private readonly listeners = new Set<() => void>();

  readonly tracker: Tracker = {
    ...inert,
    track: (...args) => this.call("track", args),
    trackToolUsage: (...args) => this.call("trackToolUsage", args),
    trackExport: (...args) => this.call("trackExport", args),
    trackMilestone: (...args) => this.call("trackMilestone", args),
    trackResourceGeneration: (...args) => this.call("trackResourceGeneration", args),
    trackClick: (...args) => this.call("trackClick", args),
    trackFormSubmit: (...args) => this.call("trackFormSubmit", args),
    trackBehavior: (...args) => this.call("trackBehavior", args),
    page: (...args) => this.call("page", args),
    setContext: (...args) => void this.call("setContext", args),
    enterTool: (toolId, toolSection, options) => {
      const place = toolSection === undefined ? toolId : `${toolId}/${toolSection}`;
      this.visits.push(`enter ${place}`);
      this.calls.push(["enterTool", toolId, toolSection, options]);
      let inside = true;
      const exit = (): void => {
        if (inside) this.visits.push(`exit ${place}`);
        inside = false;
      };
      return { id: "entry", exit };
    },
    getInsights: () => {
      this.reads += 1;
      return Promise.resolve(this.insights);
    },
    getRecentEvents: (limit) => {
      this.calls.push(["getRecentEvents", limit]);
      return Promise.resolve(this.events);
    },
    subscribe: (listener) => {
      this.listeners.add(listener);
      return () => this.listeners.delete(listener);
    },
  };

  /** As after a delivery. */
  delivered(): void {
    for (const listener of this.listeners) listener();
  }

  get listening(): number {
    return this.listeners.size;
  }

  last(name: string): EventContext & Record<string, unknown> {
    const call = this.calls.filter(([called]) => called === name).at(-1);
    return call?.at(-1) as EventContext & Record<string, unknown>;
  }

  private call(name: string, args: unknown[]): string {
    this.calls.push([name, ...args]);
    return name;
  }
}
