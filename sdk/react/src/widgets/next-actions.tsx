import { useId, useRef, type ReactNode } from "react";
import type { Recommendation } from "@milepost/browser";
import { useRecommendations } from "../answers.js";
import { Failed, Frame, Note, Skeleton, type WidgetProps } from "./frame.js";
import { Suggestion } from "./suggestion.js";

export interface NextActionsProps extends WidgetProps {
  /** How many at most. Default 3. */
  limit?: number | undefined;
  /** Where in your product a recommendation is done, for those without an address of their own. */
  linkTo?: ((recommendation: Recommendation) => string | undefined) | undefined;
}

/** What the server recommends next, best first, each with why; the customer says what becomes of it. */
export function NextActions({ title = "Next steps", limit = 3, linkTo, ...frame }: NextActionsProps): ReactNode {
  const { status, data, say, undo, shown } = useRecommendations();
  const headingId = useId();
  const said = useRef<HTMLParagraphElement>(null);
  const listed = (data ?? []).filter(({ state, answer }) => state !== "expired" && (state !== "dismissed" || answer?.stage === "held"));
  const open = listed.filter(({ state }) => state !== "done").slice(0, limit);
  // Done ones stand below what is left to do, and do not take its room.
  const items = [...open, ...listed.filter(({ state }) => state === "done").slice(-limit)];
  return (
    <Frame kind="next" title={title} busy={status === "loading"} headingId={headingId} {...frame}>
      {status === "loading" && <Skeleton lines={3} />}
      {status === "failed" && <Failed />}
      {(status === "empty" || status === "ready") && open.length === 0 && (
        <Note>
          {items.length > 0
            ? "That was all for now. More appears here when there is something worth suggesting."
            : "No suggestions right now. They appear here when there is something worth suggesting."}
        </Note>
      )}
      {items.length > 0 && (
        <ol className="mp-list mp-suggestions">
          {items.map((recommendation) => (
            <Suggestion
              key={recommendation.recommendation_id}
              recommendation={recommendation}
              href={safe(recommendation.url) ?? safe(linkTo?.(recommendation))}
              headingId={headingId}
              say={say}
              undo={undo}
              shown={shown}
              tell={(words) => {
                if (said.current) said.current.textContent = words;
              }}
            />
          ))}
        </ol>
      )}
      <p className="mp-sr" role="status" ref={said} />
    </Frame>
  );
}

/** Links within the page or the site, and to the web; no `javascript:`. */
function safe(url: string | null | undefined): string | undefined {
  return url && /^(https?:\/\/|\/(?!\/)|#|\?|\.\.?\/)/i.test(url) ? url : undefined;
}
