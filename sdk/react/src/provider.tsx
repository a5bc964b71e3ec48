import { useEffect, useInsertionEffect, useMemo, useRef, type ReactNode } from "react";
import type { Tracker, TrackerContext as Context, TrackerOptions } from "@milepost/browser";
import { forget } from "./answers.js";
import { TrackerContext } from "./context.js";
import { inert } from "./inert.js";
import { lazy, own } from "./owned.js";
import { restart } from "./source.js";

interface Common {
  /** A customer's token: lets `getInsights`, `getRecentEvents` and the widgets read that customer alone. */
  token?: string | undefined;
  children?: ReactNode;
}

export type MilepostProviderProps =
  | (Common & { /** A tracker you made and close yourself. */ tracker: Tracker; options?: undefined })
  | (Common & { /** Makes a tracker at mount, closes it at unmount. */ options: TrackerOptions; tracker?: undefined });

const FOLLOWED = ["customerId", "userId", "currentArr", "targetArr", "growthStage", "identitySignature", "token"] as const;

/**
 * Gives the tree below its tracker. Later changes of `customerId`, `userId`, `currentArr`, `targetArr`,
 * `growthStage`, `identitySignature` and `token` are followed; another `writeKey`, `host` or `path` makes another tracker.
 */
export function MilepostProvider({ tracker, options, token, children }: MilepostProviderProps): ReactNode {
  if (tracker !== undefined) {
    return (
      <Given tracker={tracker} token={token}>
        {children}
      </Given>
    );
  }
  const all = token === undefined ? options : { ...options, token };
  return (
    <Owner key={`${all.writeKey} ${all.host} ${all.path}`} options={all}>
      {children}
    </Owner>
  );
}

function Given({ tracker, token, children }: { tracker: Tracker; token: string | undefined; children: ReactNode }) {
  useInsertionEffect(() => {
    if (token !== undefined) tracker.setContext({ token });
  }, [tracker, token]);
  useToken(tracker, token);
  return <TrackerContext.Provider value={tracker}>{children}</TrackerContext.Provider>;
}

/** Another customer's token: what was read and said with the one before is forgotten. */
function useToken(tracker: Tracker, token: string | undefined): void {
  const known = useRef(token);
  useEffect(() => {
    if (known.current === token) return;
    const same = token !== undefined && known.current !== undefined && customerOf(known.current) === customerOf(token);
    known.current = token;
    if (!same) forget(tracker);
    restart(tracker, same);
  }, [tracker, token]);
}

/** The customer that a token names, for comparing alone; the token itself where it cannot be read. */
function customerOf(token: string): unknown {
  try {
    const claims = token.split(".")[1] ?? "";
    return (JSON.parse(atob(claims.replace(/-/g, "+").replace(/_/g, "/"))) as Record<string, unknown>)["customer_id"] ?? token;
  } catch {
    return token;
  }
}

function Owner({ options, children }: { options: TrackerOptions; children: ReactNode }) {
  const current = useRef<Tracker>(inert);
  const first = useRef(options);
  const tracker = useMemo(() => lazy(() => current.current), []);
  // An insertion effect runs before every child's effects, which track; neither StrictMode nor <Activity>
  // undoes it, so the tracker lives as long as the provider is in the tree.
  useInsertionEffect(() => {
    const [owned, release] = own(first.current);
    current.current = owned;
    return release;
  }, []);
  useFollowed(tracker, options);
  useToken(tracker, options.token);
  return <TrackerContext.Provider value={tracker}>{children}</TrackerContext.Provider>;
}

/** Tells the tracker what changed in the options since the last commit. */
function useFollowed(tracker: Tracker, options: TrackerOptions): void {
  const known = useRef(options);
  useEffect(() => {
    const changed = FOLLOWED.filter((name) => known.current[name] !== options[name]);
    known.current = options;
    if (changed.length > 0) {
      tracker.setContext(Object.fromEntries(changed.map((name) => [name, options[name]])) as Context);
    }
  });
}
