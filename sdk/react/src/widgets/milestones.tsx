import type { ReactNode } from "react";
import type { StoredEvent } from "@milepost/browser";
import { useStanding } from "../reading.js";
import { day, Frame, label, Note, Skeleton, type WidgetProps } from "./frame.js";
import { Icon } from "./icons.js";

export interface MilestonesProps extends WidgetProps {
  /** How many at most, newest first. Default 5. */
  limit?: number | undefined;
  /** Names for competencies, by their ids. */
  labels?: Readonly<Record<string, string>> | undefined;
  /** Dates as in this language. Default: the browser's. */
  locale?: string | undefined;
}

/** The milestones the customer reached: each is an event of type `competency_milestone`. */
export function Milestones({ title = "Milestones", limit = 5, labels, locale, ...frame }: MilestonesProps): ReactNode {
  const { status, insights, milestones } = useStanding();
  const total = insights?.total_milestones ?? 0;
  const shown = milestones.slice(0, limit);
  return (
    <Frame kind="milestones" title={title} aside={total > 0 ? total : undefined} busy={status === "loading"} {...frame}>
      {status === "loading" && <Skeleton lines={2} />}
      {status !== "loading" && total === 0 && <Note>None reached yet. Each milestone you reach is kept here.</Note>}
      {shown.length > 0 && (
        <ul className="mp-list">
          {shown.map((event) => (
            <li key={event.event_id} className="mp-with-icon">
              <Icon name="medal" />
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

function description(event: StoredEvent, labels: MilestonesProps["labels"]): string {
  const said = event.event_metadata["milestone_description"];
  if (typeof said === "string" && said !== "") return said;
  return event.competency_area === null ? "Milestone" : label(event.competency_area, labels);
}
