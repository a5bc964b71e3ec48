import type { Capture } from "./capture.js";
import { getDeviceInfo } from "./device.js";
import type { Diagnostics } from "./diagnostics.js";
import { resetIdentity, setContext } from "./identity.js";
import type { Outbox } from "./outbox.js";
import { createReader } from "./reading.js";
import { endSession } from "./session.js";
import type { Settings } from "./settings.js";
import type { State } from "./state.js";
import type { Consent, Tracker } from "./types.js";
import type { Visit, Visits } from "./visits.js";
import { route } from "./words.js";

/** The methods a site calls; types.ts says what each promises. */
export function createApi(
  { clock, baseUrl }: Settings,
  diagnostics: Diagnostics,
  { store, identity, sessionState }: State,
  { captureEntry, makeEvent, track, callIdentity }: Capture,
  outbox: Outbox,
  visits: Visits,
  setConsent: (given: Consent) => void,
): Omit<Tracker, "close"> {
  const { stats, guard, subscribe } = diagnostics;

  return {
    track,
    trackToolUsage: (given) => track("tool_usage", given),
    trackExport: (given) => track("export_action", given),
    trackMilestone: (given) => track("competency_milestone", given),
    trackResourceGeneration: (given) =>
      captureEntry((id, at) => {
        const phase = given?.phase || (given?.success === false ? "failure" : "success");
        // A start has made nothing yet: it is not counted as a resource, and says little.
        const businessImpact = phase === "start" ? "low" : null;
        return makeEvent(id, at, "resource_generation", { businessImpact, ...given, phase, success: phase === "success" });
      }),
    trackResourceShare: (given) => track("resource_share", given),
    trackClick: (given) => track("content_interaction", given, { action: "click" }),
    trackFormSubmit: (given) => track("professional_action", given, { action: "form_submit", success: true }),
    trackNavigation: (given) => track("navigation", given),
    trackBehavior: (action, payload) =>
      captureEntry((id, at) => {
        const type = route(action);
        return makeEvent(id, at, type || "professional_action", payload, type === action ? {} : { action_type: action });
      }),

    enterTool(toolId, toolSection, options) {
      const visit: Visit = { type: "tool_usage", enter: "enter", exit: "exit", payload: () => ({ ...options, toolId, toolSection }) };
      return { id: visits.beginVisit(visit), exit: guard(() => visits.finishVisit(visit)) };
    },
    page: guard(visits.openPage),

    identify(userId, traits) {
      setContext(identity, { userId });
      return callIdentity("identify", { traits });
    },
    group(customerId, traits) {
      setContext(identity, { customerId });
      return callIdentity("group", { groupId: customerId, traits });
    },
    alias: (previousId, userId = identity.context.user_id as string) => callIdentity("alias", { previousId, userId }),
    reset: guard(() => {
      endSession(sessionState, store);
      resetIdentity(identity, store, clock.now());
    }),
    setContext: guard((context) => setContext(identity, context)),
    setConsent: guard(setConsent),

    async flush() {
      const tried = outbox.attempt(true); // before saving, whose own attempt keeps to the backoff
      outbox.flush();
      await tried;
    },
    stats: () => ({ ...stats, dropped: { ...stats.dropped }, queued: outbox.queueLength() }),
    subscribe,
    getDeviceInfo,
    ...createReader(baseUrl + "me/", identity, diagnostics),
  };
}
