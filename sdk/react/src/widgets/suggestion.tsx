import { useEffect, useLayoutEffect, useRef, type ReactNode, type RefObject } from "react";
import type { RecommendationsReading, Recommended, Said } from "../answers.js";
import { Icon } from "./icons.js";

interface SuggestionProps extends Pick<RecommendationsReading, "say" | "undo" | "shown"> {
  recommendation: Recommended;
  href: string | undefined;
  /** Where the focus goes when there is nothing left of this one. */
  headingId: string;
  /** For screen readers. */
  tell(words: string): void;
}

/** Between two presses that are meant. */
const TWICE_MS = 500;
const TOLD: Record<Said, string> = {
  accepted: "Noted: you will do it.",
  dismissed: "Put aside. You can undo that for a few seconds.",
  done: "Noted: it is done.",
};

export function Suggestion({ recommendation, href, headingId, say, undo, shown, tell }: SuggestionProps): ReactNode {
  const { state, answer, title, action } = recommendation;
  const item = useRef<HTMLLIElement>(null);
  useShown(item, recommendation, shown);
  const pressed = usePressed(item, state, headingId);
  const answering = (said: Said) => () => {
    if (!pressed()) return;
    tell(TOLD[said]);
    say(recommendation, said);
  };
  const takeBack = (): void => {
    if (!pressed()) return;
    tell("Back on the list.");
    undo(recommendation);
  };
  if (state === "dismissed") {
    return (
      <li ref={item} className="mp-line mp-aside">
        <span>Put aside: {title}</span>
        <button type="button" className="mp-button mp-quiet" onClick={takeBack}>
          Undo<span className="mp-sr">: {title}</span>
        </button>
      </li>
    );
  }
  if (state === "done") {
    return (
      <li ref={item} className="mp-with-icon mp-done" tabIndex={-1}>
        <Icon name="check" />
        <div>
          <strong>{action || title}</strong>
          <small>Done</small>
        </div>
      </li>
    );
  }
  const words = action || title;
  const name = `: ${words}`;
  return (
    <li ref={item} className="mp-suggestion">
      {action !== "" && <small>{title}</small>}
      <strong>{href === undefined ? words : <a href={href}>{words}</a>}</strong>
      {recommendation.reason !== "" && <p className="mp-reason">{recommendation.reason}</p>}
      {recommendation.evidence.length > 0 && (
        <details className="mp-why">
          <summary>
            Why this?<span className="mp-sr">{name}</span>
          </summary>
          <dl>
            {recommendation.evidence.map(({ label, value }, place) => (
              <div key={`${place} ${label}`}>
                <dt>{label}</dt>
                <dd>{value}</dd>
              </div>
            ))}
          </dl>
        </details>
      )}
      {state === "accepted" && (
        <p className="mp-with-icon mp-taken">
          <Icon name="check" />
          <span>
            On your list
            {answer?.stage === "waiting" && <small>Kept here until it can be sent.</small>}
          </span>
        </p>
      )}
      {answer?.stage === "failed" && (
        <p className="mp-with-icon mp-problem" role="alert">
          <Icon name="alert" />
          <span>{answer.problem}</span>
        </p>
      )}
      <div className="mp-buttons">
        {state === "accepted" ? (
          <button type="button" className="mp-button mp-main" onClick={answering("done")}>
            It is done<span className="mp-sr">{name}</span>
          </button>
        ) : (
          <button type="button" className="mp-button mp-main" onClick={answering("accepted")}>
            I’ll do it<span className="mp-sr">{name}</span>
          </button>
        )}
        <button type="button" className="mp-button" onClick={answering("dismissed")}>
          Not now<span className="mp-sr">{name}</span>
        </button>
      </div>
    </li>
  );
}

/** Tells once that it stands before the customer's eyes: half of it, or half a screenful of it. */
function useShown(item: RefObject<HTMLLIElement | null>, recommendation: Recommended, shown: SuggestionProps["shown"]): void {
  const known = useRef({ recommendation, shown });
  useEffect(() => {
    known.current = { recommendation, shown };
  });
  const id = recommendation.recommendation_id;
  const open = recommendation.state === "made" || recommendation.state === "shown";
  useEffect(() => {
    const element = item.current;
    if (!open || element === null || typeof IntersectionObserver === "undefined") return;
    const observer = new IntersectionObserver(
      (entries) => {
        const inView = entries.some(
          ({ isIntersecting, intersectionRatio, intersectionRect, rootBounds }) =>
            isIntersecting &&
            (intersectionRatio >= 0.5 || (rootBounds !== null && intersectionRect.height >= rootBounds.height / 2)),
        );
        if (!inView) return;
        observer.disconnect();
        known.current.shown(known.current.recommendation);
      },
      { threshold: [0.25, 0.5] },
    );
    observer.observe(element);
    return () => observer.disconnect();
  }, [item, id, open]);
}

/** The button that is pressed may go: the focus then goes to the first in its place, or to the widget's heading.
 *  Answers what to call when one is pressed, and whether to go on: who presses twice means one. */
function usePressed(item: RefObject<HTMLLIElement | null>, as: string, headingId: string): () => boolean {
  const pressed = useRef({ at: -Infinity, focused: false });
  useLayoutEffect(() => {
    const element = item.current;
    if (!pressed.current.focused || element === null) return;
    pressed.current.focused = false;
    if (!element.contains(document.activeElement)) (element.querySelector<HTMLElement>("button") ?? element).focus();
  }, [item, as]);
  useLayoutEffect(
    () => () => {
      if (item.current?.contains(document.activeElement)) document.getElementById(headingId)?.focus();
    },
    [item, headingId],
  );
  return () => {
    const now = Date.now();
    if (now - pressed.current.at < TWICE_MS) return false;
    pressed.current = { at: now, focused: item.current?.contains(document.activeElement) ?? false };
    return true;
  };
}
