import type { EventContext, Insights, Stats, StoredEvent, Tracker } from "@milepost/browser";
import { inert } from "../src/inert.js";

/** A tracker that writes down what it is told: entries and exits as `enter icp-analysis/summary`. */
export class Recording {
  readonly visits: string[] = [];
  readonly calls: [name: string, ...args: unknown[]][] = [];
  insights: Insights | null = null;
  events: StoredEvent[] = [];
  reads = 0;
  /** What `/v1/me/...` answers, by path; nothing is 404, a text is what the read throws. */
  readonly me: Record<string, unknown> = {};
  /** Paths and methods of what was read and changed. */
  readonly asked: string[] = [];
  /** Of the last change. */
  body: unknown;
  stats: Stats = inert.stats();
  /** What the tracker does with what it is told. */
  onTrack: () => void = () => undefined;
  onFlush: () => void = () => undefined;
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
    stats: () => this.stats,
    flush: () => Promise.resolve(this.onFlush()),
    fetch: async (path, init) => {
      this.asked.push(init?.method === undefined ? path : `${init.method} ${path}`);
      if (init?.body instanceof Blob) this.body = JSON.parse(await init.body.text());
      const answer = this.me[path];
      if (typeof answer === "string") throw answer === "token" ? answer : new TypeError(answer);
      if (answer instanceof Response) return answer.clone();
      return new Response(JSON.stringify(answer ?? {}), { status: answer === undefined ? 404 : 200 });
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

  /** What was tracked: `professional_action accepted r1`. */
  get told(): string[] {
    return this.calls.flatMap(([name, type, fields]) => {
      const { metadata = {} } = (fields ?? {}) as EventContext;
      return name === "track" ? [`${String(type)} ${String(metadata["recommendation"])} ${String(metadata["recommendation_id"])}`] : [];
    });
  }

  private call(name: string, args: unknown[]): string {
    this.onTrack();
    this.calls.push([name, ...args]);
    return name;
  }
}
