/** Everything public that is a type. What the server knows too comes from its OpenAPI document (wire.gen.ts). */
import type * as Wire from "./wire.gen.js";

export type EventType = Wire.Event["event_type"];
/** Who did it: a person, a service (another program), or an agent acting for a person. */
export type ActorType = NonNullable<Wire.IncomingEvent["actor_type"]>;
export type Impact = Wire.Event["business_impact"];
/** Another name for `Impact`. */
export type BusinessImpact = Impact;
export type DeviceType = NonNullable<Wire.Event["device_type"]>;
export type Trend = NonNullable<Wire.Insights["professional_credibility_trend"]>;
/** Equal to DROP_REASONS of milepost/vocabulary.py, which no document of the server names; a test compares them. */
export type DropReason =
  | "queue_full"
  | "spool_full"
  | "rejected"
  | "unauthorised"
  | "invalid"
  | "consent"
  | "too_large";
export type Consent = "granted" | "denied" | "pending";
export type ErrorCode =
  | "network"
  | "server"
  | "throttled"
  | "unauthorised"
  | "misconfigured"
  | "bad_receipt"
  | "rejected"
  | "notice"
  | "invalid"
  | "spool_unavailable"
  | "callback"
  | "read"
  | "internal";

/**
 * The ids of the tracking plan. `milepost types --lang ts` writes a file that fills it by declaration
 * merging (`declare module "@milepost/browser" { interface Register { toolId: "icp-analysis" | ... } }`);
 * a wrong id is then a compile error. Without it any text will do.
 */
// eslint-disable-next-line @typescript-eslint/no-empty-object-type
export interface Register {}
export type ToolId = Register extends { toolId: infer T extends string } ? T : string;
export type ToolSection = Register extends { toolSection: infer T extends string } ? T : string;
export type CompetencyArea = Register extends { competencyArea: infer T extends string } ? T : string;
export type GrowthStage = Register extends { growthStage: infer T extends string } ? T : string;

export type Metadata = Record<string, unknown>;
export type Traits = Record<string, unknown>;

/** ARR and growth stage: they go with every event. */
export interface ScalingContext {
  currentArr?: string | undefined;
  targetArr?: string | undefined;
  growthStage?: GrowthStage | undefined;
}

/** Whose events these are, and what goes with each of them. */
export interface TrackerContext extends ScalingContext {
  customerId?: string | undefined;
  userId?: string | undefined;
  /** What your server signed `customerId` and `userId` with; who they are then counts whatever was said before. */
  identitySignature?: string | undefined;
  /** A customer's token, for `getInsights` and `getRecentEvents` of that customer alone. */
  token?: string | undefined;
}

/** What every track method takes beside its own; what is not given comes from the tracker. */
export interface EventContext extends ScalingContext {
  customerId?: string | undefined;
  userId?: string | undefined;
  anonymousId?: string | undefined;
  /** Default: the session this browser's tabs share. */
  sessionId?: string | undefined;
  toolId?: ToolId | undefined;
  toolSection?: ToolSection | undefined;
  /** Default: by the event type. */
  businessImpact?: Impact | undefined;
  competencyArea?: CompetencyArea | undefined;
  /** What your product calls it, where the call itself does not say. */
  eventName?: string | undefined;
  /** Default: a person. */
  actorType?: ActorType | undefined;
  metadata?: Metadata | undefined;
  /** Milliseconds; default: since the session started. */
  sessionDuration?: number | undefined;
  /** Milliseconds this page was visible and focused; default: as measured. */
  timeOnPage?: number | undefined;
  pageUrl?: string | undefined;
  referrer?: string | undefined;
  retentionDays?: number | undefined;
}

/** What goes with a named event: fields of an event, and whatever else it has. */
export type Properties = EventContext & Metadata;

export interface ToolUsage extends EventContext {
  toolId: ToolId;
}
export interface Export extends EventContext {
  /** `pdf`, `csv`, `email`, ... */
  exportType: string;
}
export interface Milestone extends EventContext {
  competencyArea: CompetencyArea;
  milestoneDescription: string;
  /** What it adds to the customer's standing. */
  professionalCredibility?: number | undefined;
}
export interface ResourceGeneration extends EventContext {
  resourceType: string;
  resourceId?: string | undefined;
  /** Default: `success`, or `failure` with `success: false`. A start is low, a failure medium, a success high. */
  phase?: "start" | "success" | "failure" | undefined;
  success?: boolean | undefined;
  error?: unknown;
}
export interface ResourceShare extends EventContext {
  resourceType: string;
  resourceId?: string | undefined;
  /** A role or a channel; a person's address says more than needed. */
  sharedWith?: string | undefined;
}
export interface Click extends EventContext {
  buttonId: string;
  buttonLabel?: string | undefined;
}
export interface FormSubmit extends EventContext {
  formId: string;
  formName?: string | undefined;
  success?: boolean | undefined;
}
export interface Navigation extends EventContext {
  to: string;
  from?: string | undefined;
}
/** `enterTool`'s options; the metadata goes with entry and exit. */
export type VisitOptions = Omit<EventContext, "toolId" | "toolSection">;

/** One visit to a tool, from entry to exit. */
export interface ToolVisit {
  /** The entry event's id. */
  readonly id: string;
  /** Tracks the exit with its duration; once, however often it is called. */
  exit(): void;
}

/** Time and timers, injected for tests. */
export interface Clock {
  /** Milliseconds since 1970. */
  now(): number;
  setTimeout(run: () => void, ms: number): unknown;
}

/** What of `Storage` is used. */
export type KeyValueStorage = Pick<Storage, "getItem" | "setItem" | "removeItem" | "key" | "length">;

/** One problem, as `onError` gets it. */
export interface TrackerError {
  code: ErrorCode;
  message: string;
  eventId?: string | undefined;
}

export interface TrackerOptions extends TrackerContext {
  /** From the server's keys page. It only lets events in; it reads nothing. */
  writeKey: string;
  /** The server's address. Default: where milepost.js came from, else the page's own origin. */
  host?: string | undefined;
  /** Where events are posted, for a first-party proxy. Default `/v1/events`. */
  path?: string | undefined;
  /** Default: an id made once and kept in localStorage. */
  anonymousId?: string | undefined;
  /** Default `granted`. With `pending`, events wait in memory alone until `setConsent`. */
  consent?: Consent | undefined;
  /** Whether Do Not Track and Global Privacy Control count as refused consent. Default true. */
  respectSignals?: boolean | undefined;
  /** Track page views and their durations by itself, single-page navigation included. Default true. */
  pageViews?: boolean | undefined;
  /** Track clicks and forms marked with `data-milepost-button-id` and `data-milepost-form-id`. Default true. */
  dataAttributes?: boolean | undefined;
  /** Milliseconds. Default 30000. */
  flushInterval?: number | undefined;
  /** Default 100. */
  flushAt?: number | undefined;
  /** Most events kept while they cannot be delivered. Default 1000. */
  maxQueue?: number | undefined;
  onError?: ((error: TrackerError) => void) | undefined;
  onDrop?: ((count: number, reason: DropReason) => void) | undefined;
  clock?: Clock | undefined;
  /** Default localStorage; null keeps everything in memory. */
  storage?: KeyValueStorage | null | undefined;
}

/** This page's counters. */
export interface Stats {
  /** Track calls that made an event or an identity call. */
  captured: number;
  /** The server's receipt says: stored. */
  delivered: number;
  /** The receipt says: had been stored before. */
  duplicates: number;
  /** The receipt says: refused for good. */
  rejected: number;
  dropped: Partial<Record<DropReason, number>>;
  /** Waiting for a receipt, other tabs' leftovers included once they were taken over. */
  queued: number;
  errors: number;
  /** Whether what waits would survive this page: false where storage is full or forbidden. */
  persistent: boolean;
}

export interface DeviceInfo {
  deviceType: DeviceType;
  /** As in `Chrome`, `Safari`, `Firefox`, `Edge`, `Opera`; `Other` where it is none of the known. */
  browser: string;
}

export type ScoreComponent = Wire.Component;
export type CompetencyScore = Wire.CompetencyScore;
/** `GET /v1/me/insights`, as the server sends it. Null means: not enough data. Times are ISO 8601. */
export type Insights = Wire.Insights;
/** An event as the server keeps it; durations in milliseconds. */
export type StoredEvent = Wire.Event;
/** What `POST /v1/events` takes, one of a batch. */
export type IncomingEvent = Wire.IncomingEvent;
/** What `POST /v1/events` answers after its commit: accepted + duplicates + rejected is what was sent. */
export type Receipt = Wire.Receipt;
export type Rejection = Wire.Rejection;
/** `GET /v1/me/game`: points, levels, badges and the streak. */
export type Game = Wire.Game;
export type Level = Wire.Level;
export type Badge = Wire.Badge;
export type Streak = Wire.Streak;
/** `GET /v1/me/leaderboard`, as a customer sees it: ranks, points and chosen names. */
export type Leaderboard = Wire.Leaderboard;
export type Place = Wire.Place;
/** What `PUT /v1/me/game/profile` takes. */
export type GameProfile = Pick<Wire.Game, "leaderboard"> & Partial<Pick<Wire.Game, "display_name">>;
/** `GET /v1/me/recommendations`: open ones, best first. */
export type Recommendations = Wire.Recommendations;
export type Recommendation = Wire.Recommendation;
export type Evidence = Wire.Evidence;
/** How many events at most (500), and of which type: the start of a query, `20` or
 *  `20&event_type=competency_milestone`. */
export type EventsAsked = number | `${number}&event_type=${EventType}`;

/** Nothing in here throws, blocks or waits, except that what returns a promise may be awaited (`fetch` alone
 *  rejects). Track methods return the event's id, also when the event was not taken. */
export interface Tracker {
  /** One of the event types, or any name of your own (up to 200 characters), such as `Invoice Sent`: what a name
   *  means is said on the server, also later. Properties that are no field of an event become metadata, in snake_case. */
  track(name: EventType | (string & {}), properties?: Properties): string;
  trackToolUsage(event: ToolUsage): string;
  trackExport(event: Export): string;
  trackMilestone(event: Milestone): string;
  trackResourceGeneration(event: ResourceGeneration): string;
  trackResourceShare(event: ResourceShare): string;
  /** `content_interaction` */
  trackClick(event: Click): string;
  /** `professional_action` */
  trackFormSubmit(event: FormSubmit): string;
  trackNavigation(event: Navigation): string;
  /** An event type's name or an everyday word (`export`, `click`, `page_view`, ...) goes to its event type,
   *  anything else is a `professional_action`. Payload keys may be camelCase or snake_case; those that are
   *  no field of an event become metadata. */
  trackBehavior(actionType: string, payload?: Record<string, unknown>): string;
  /** Tracks the entry now and the exit, with its duration, at `exit()` or when the page goes away. */
  enterTool(toolId: ToolId, toolSection?: ToolSection, options?: VisitOptions): ToolVisit;
  /** Who the user is; ties this browser's anonymous id to the user. */
  identify(userId: string, traits?: Traits): string;
  /** Ties the user to a customer; `traits` describe the customer. */
  group(customerId: string, traits?: Traits): string;
  /** Says that two ids are the same user. */
  alias(previousId: string, userId?: string): string;
  /** A page view by hand; it closes the page before it. */
  page(properties?: Metadata): string;
  /** Signed out: forgets user, customer and token, and starts a new anonymous id and session. */
  reset(): void;
  /** What is named replaces what was there, `undefined` included; what is not named stays. */
  setContext(context: TrackerContext): void;
  /** `denied` purges what waits and what is stored. */
  setConsent(consent: "granted" | "denied"): void;
  /** Sends now; resolves when a try was made. `stats().queued` says whether anything is left. */
  flush(): Promise<void>;
  /** Ends open visits and the page, sends what waits by beacon and stops listening. */
  close(): void;
  stats(): Stats;
  /** The customer's insights; null where there are none or they cannot be had (then `onError` knows why). */
  getInsights(): Promise<Insights | null>;
  /** The customer's newest events, newest first; [] when they cannot be had. Default 50. */
  getRecentEvents(limit?: EventsAsked): Promise<StoredEvent[]>;
  /** `fetch` of an address below `/v1/me/`, as `game`, with the customer's token; it rejects as `fetch` does, and
   *  with "token" where there is none. */
  fetch(path: string, init?: RequestInit): Promise<Response>;
  getDeviceInfo(): DeviceInfo;
  /** Calls back after each delivery that stored something; returns how to stop. */
  subscribe(listener: () => void): () => void;
}
