import type { ReactNode } from "react";
import type { StoredEvent } from "@milepost/browser";
import { useStanding } from "../reading.js";
import { Frame, label, Note, Skeleton, type WidgetProps } from "./frame.js";

export interface BadgesProps extends WidgetProps {
  /** How many at most, newest first. Default 5. */
  limit?: number | undefined;
  /** Names for competencies, by their ids. */
  labels?: Readonly<Record<string, string>> | undefined;
  /** Dates as in this language. Default: the browser's. */
  locale?: string | undefined;
}

/** The milestones the customer reached: each is an event of type `competency_milestone`. */
export function Badges({ title = "Milestones", limit = 5, labels, locale, ...frame }: BadgesProps): ReactNode {
  const { status, insights, milestones } = useStanding();
  const total = insights?.total_milestones ?? 0;
  const shown = milestones.slice(0, limit);
  return (
    <Frame kind="badges" title={title} aside={total > 0 ? total : undefined} busy={status === "loading"} {...frame}>
      {status === "loading" && <Skeleton lines={2} />}
      {status !== "loading" && total === 0 && <Note>None reached yet. Each milestone you reach is kept here.</Note>}
      {shown.length > 0 && (
        <ul className="mp-list">
          {shown.map((event) => (
            <li key={event.event_id}>
              <Medal />
              <div>
                <strong>{description(event, labels)}</strong>
                <small>
                  {event.competency_area !== null && `${label(event.competency_area, labels)} · `}
                  <time dateTime={event.timestamp}>{day(event.timestamp, locale)}</time>
                </small>
              </div>
            </li>
          ))}
        </ul>
      )}
      {total > shown.length && <Note>and {total - shown.length} earlier</Note>}
    </Frame>
  );
}

function description(event: StoredEvent, labels: BadgesProps["labels"]): string {
  const said = event.event_metadata["milestone_description"];
  if (typeof said === "string" && said !== "") return said;
  return event.competency_area === null ? "Milestone" : label(event.competency_area, labels);
}

const day = (timestamp: string, locale: string | undefined): string =>
  new Date(timestamp).toLocaleDateString(locale, { day: "numeric", month: "short", year: "numeric" });

const Medal = (): ReactNode => (
  <svg className="mp-medal" viewBox="0 0 16 16" width="16" height="16" aria-hidden="true">
    <path d="M5.2 9.6 4 15l4-2 4 2-1.2-5.4" />
    <circle cx="8" cy="6" r="4.5" />
  </svg>
);
