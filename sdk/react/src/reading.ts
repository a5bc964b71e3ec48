import { useCallback, useMemo, useSyncExternalStore } from "react";
import type { Game, GameProfile, Insights, Leaderboard, Recommendations, StoredEvent, Tracker } from "@milepost/browser";
import { useTracker } from "./context.js";
import { ask, LIVE, LOADING, Refusal, SETTLED, Source, sourceOf, type Reading } from "./source.js";

/** What the widgets know of the customer; what was read stays while a later read fails. */
export interface Standing {
  /** `empty`: read, and there is nothing yet, or it may not be read (the tracker's `onError` says which). */
  status: "loading" | "ready" | "empty";
  insights: Insights | null;
  /** The newest 500 events of type `competency_milestone`, newest first. */
  milestones: StoredEvent[];
}

interface Known {
  insights: Insights;
  milestones: StoredEvent[];
  /** How many milestones there were when they were last listed. */
  listed: number;
}

/** The most the server answers at once; milestones are rare, and other events do not count. */
const MILESTONES = "500&event_type=competency_milestone";

async function standing(tracker: Tracker, before: Known | null): Promise<Known | null> {
  const insights = await tracker.getInsights();
  if (insights === null) return before;
  let { milestones, listed } = before ?? { milestones: [], listed: 0 };
  const total = insights.total_milestones;
  if (total !== listed) {
    const found = await tracker.getRecentEvents(MILESTONES);
    // None, though there are some: they could not be read, and what was known stays.
    if (found.length > 0 || total === 0) {
      milestones = found;
      listed = total;
    }
  }
  return { insights, milestones, listed };
}

const standingOf = (tracker: Tracker): Source<Known> =>
  sourceOf(tracker, "standing", () => new Source(tracker, standing, LIVE));
const gameOf = (tracker: Tracker): Source<Game> =>
  sourceOf(tracker, "game", () => new Source(tracker, (from) => ask<Game>(from, "game"), LIVE));
const boardOf = (tracker: Tracker): Source<Leaderboard> =>
  sourceOf(tracker, "leaderboard", () => new Source(tracker, (from) => ask<Leaderboard>(from, "leaderboard"), SETTLED));
export const recommendationsOf = (tracker: Tracker): Source<Recommendations> =>
  sourceOf(
    tracker,
    "recommendations",
    () => new Source(tracker, (from) => ask<Recommendations>(from, "recommendations"), SETTLED),
  );

function useSource<T>(of: (tracker: Tracker) => Source<T>): Reading<T> {
  const tracker = useTracker();
  const listen = useCallback((listener: () => void) => of(tracker).listen(listener), [tracker, of]);
  return useSyncExternalStore(listen, () => of(tracker).current(), () => LOADING);
}

/** The customer's standing: read at mount, after each delivery and when the page is looked at again. */
export function useStanding(): Standing {
  const { status, data } = useSource(standingOf);
  return useMemo(
    () => ({
      status: status === "failed" ? "empty" : status,
      insights: data?.insights ?? null,
      milestones: data?.milestones ?? [],
    }),
    [status, data],
  );
}

/** Points, levels, badges and the streak. */
export const useGame = (): Reading<Game> => useSource(gameOf);

/** What the server recommends, best first, as the server has it. */
export const useRecommended = (): Reading<Recommendations> => useSource(recommendationsOf);

export interface LeaderboardReading extends Reading<Leaderboard> {
  /** The customer's own choice; null until it is read. */
  choice: Pick<Game, "leaderboard" | "display_name"> | null;
  /** Puts the customer on the board, or off; rejects with an Error in words for a person. */
  save(profile: GameProfile): Promise<void>;
}

/** The leaderboard, and how the customer appears on it. */
export function useLeaderboard(): LeaderboardReading {
  const tracker = useTracker();
  const board = useSource(boardOf);
  const game = useSource(gameOf);
  const save = useCallback((profile: GameProfile) => put(tracker, profile), [tracker]);
  return useMemo(() => ({ ...board, choice: game.data, save }), [board, game.data, save]);
}

async function put(tracker: Tracker, profile: GameProfile): Promise<void> {
  const body = new Blob([JSON.stringify(profile)], { type: "application/json" });
  const game = await ask<Game>(tracker, "game/profile", { method: "PUT", body });
  if (game === null) throw new Refusal(404, "There is nothing to rank yet. Come back after your first steps.", null);
  gameOf(tracker).put(game);
  boardOf(tracker).soon(0);
  // A customer who has just joined is ranked when the server has settled.
  setTimeout(() => boardOf(tracker).soon(0), SETTLED.after);
}

/** Reads again now. */
export const readAgain = (tracker: Tracker): void => {
  for (const of of [standingOf, gameOf, boardOf, recommendationsOf]) of(tracker).soon(0);
};
