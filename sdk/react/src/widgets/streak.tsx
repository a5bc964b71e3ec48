import type { ReactNode } from "react";
import type { Streak as Weeks } from "@milepost/browser";
import { useGame } from "../reading.js";
import { count, Failed, Frame, Note, Skeleton, type WidgetProps } from "./frame.js";
import { Icon } from "./icons.js";

export interface StreakProps extends WidgetProps {
  /** Dates and numbers as in this language. Default: the browser's. */
  locale?: string | undefined;
}

/** How many weeks in a row the customer was here, and what keeps it so. */
export function Streak({ title = "Streak", locale, ...frame }: StreakProps): ReactNode {
  const { status, data } = useGame();
  const streak = data?.streak;
  const best = streak !== undefined && streak.longest > streak.weeks ? `best: ${weeks(streak.longest, locale)}` : undefined;
  return (
    <Frame kind="streak" title={title} aside={best} busy={status === "loading"} {...frame}>
      {status === "loading" && <Skeleton lines={2} />}
      {status === "failed" && <Failed />}
      {(status === "empty" || streak?.state === "none") && (
        <Note>No streak at the moment. Come back two weeks in a row to begin one.</Note>
      )}
      {data !== null && streak !== undefined && streak.state !== "none" && (
        <div className="mp-big">
          <Icon name="flame" />
          <p>
            <strong>{count(streak.weeks, locale)}</strong> {streak.weeks === 1 ? "week" : "weeks in a row"}
            <small>{keep(streak, data.as_of, locale)}</small>
          </p>
        </div>
      )}
    </Frame>
  );
}

const weeks = (value: number, locale: string | undefined): string =>
  `${count(value, locale)} ${value === 1 ? "week" : "weeks"}`;

function keep({ state, weeks, keep_by }: Weeks, now: string, locale: string | undefined): string {
  if (state === "active" || keep_by === null) {
    return weeks === 1 ? "This week counts. Come back next week to make it two." : "This week counts already.";
  }
  const by = `Come back by ${weekday(keep_by, now, locale)} to keep it.`;
  return state === "grace" ? `Last week did not count. ${by}` : by;
}

/** `Sunday`; with its date where another Sunday comes before it. */
function weekday(date: string, now: string, locale: string | undefined): string {
  const near = Date.parse(date) - Date.parse(now.slice(0, 10)) < 7 * 86_400_000;
  const shown = { weekday: "long", timeZone: "UTC" } as const;
  return new Date(date).toLocaleDateString(locale, near ? shown : { ...shown, day: "numeric", month: "long" });
}
