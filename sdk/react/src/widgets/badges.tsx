import type { ReactNode } from "react";
import type { Badge } from "@milepost/browser";
import { useGame } from "../reading.js";
import { Bar, count, day, Failed, Frame, Note, Skeleton, type WidgetProps } from "./frame.js";
import { Icon } from "./icons.js";

export interface BadgesProps extends WidgetProps {
  /** How many earned ones at most, newest first. Default 5. */
  limit?: number | undefined;
  /** Names for badges, by their ids, in place of the plan's. */
  labels?: Readonly<Record<string, string>> | undefined;
  /** Dates and numbers as in this language. Default: the browser's. */
  locale?: string | undefined;
}

/** The badges earned, and how far the customer is with the nearest one. */
export function Badges({ title = "Badges", limit = 5, labels, locale, ...frame }: BadgesProps): ReactNode {
  const { status, data } = useGame();
  const badges = data?.badges ?? [];
  const earned = badges
    .filter(({ earned_on }) => earned_on !== null)
    .sort((a, b) => String(b.earned_on).localeCompare(String(a.earned_on)));
  const next = badges.find(({ badge_id, earned_on }) => badge_id === data?.next_badge && earned_on === null);
  const name = (badge: Badge): string => labels?.[badge.badge_id] ?? badge.name;
  const aside = badges.length > 0 ? `${count(earned.length, locale)} of ${count(badges.length, locale)}` : undefined;
  return (
    <Frame kind="badges" title={title} aside={aside} busy={status === "loading"} {...frame}>
      {status === "loading" && <Skeleton lines={3} />}
      {status === "failed" && <Failed />}
      {status === "empty" && <Note>None earned yet. They appear here with your first steps.</Note>}
      {status === "ready" && badges.length === 0 && <Note>There are no badges to earn here.</Note>}
      {status === "ready" && badges.length > 0 && earned.length === 0 && <Note>None earned yet.</Note>}
      {earned.length > 0 && (
        <ul className="mp-list">
          {earned.slice(0, limit).map((badge) => (
            <li key={badge.badge_id} className="mp-with-icon">
              <Icon name="medal" />
              <div>
                <strong>{name(badge)}</strong>
                <small>
                  {badge.description !== "" && `${badge.description} `}
                  <time dateTime={badge.earned_on ?? undefined}>{day(String(badge.earned_on), locale)}</time>
                </small>
              </div>
            </li>
          ))}
        </ul>
      )}
      {earned.length > limit && <Note>and {count(earned.length - limit, locale)} earlier</Note>}
      {next && <Next badge={next} name={name(next)} locale={locale} />}
    </Frame>
  );
}

const Next = ({ badge, name, locale }: { badge: Badge; name: string; locale: string | undefined }): ReactNode => (
  <div className="mp-next-badge">
    <p className="mp-line">
      <span>
        Next: <strong>{name}</strong>
      </span>
      <span className="mp-aside">
        {count(badge.value, locale)} of {count(badge.at_least, locale)}
      </span>
    </p>
    <Bar value={badge.progress * 100} />
    {badge.description !== "" && <small>{badge.description}</small>}
  </div>
);
