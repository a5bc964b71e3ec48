import type { ReactNode } from "react";
import type { Level } from "@milepost/browser";
import { useGame } from "../reading.js";
import { Bar, count, Failed, Frame, Note, points, Skeleton, type WidgetProps } from "./frame.js";

export interface LevelsProps extends WidgetProps {
  /** Names for competencies, by their ids, in place of the plan's. */
  labels?: Readonly<Record<string, string>> | undefined;
  /** Numbers as in this language. Default: the browser's. */
  locale?: string | undefined;
}

/** The level in each competency, and how far it is to the next. */
export function Levels({ title = "Levels", labels, locale, ...frame }: LevelsProps): ReactNode {
  const { status, data } = useGame();
  const aside = data === null ? undefined : points(data.points, locale);
  return (
    <Frame kind="levels" title={title} aside={aside} busy={status === "loading"} {...frame}>
      {status === "loading" && <Skeleton lines={4} />}
      {status === "failed" && <Failed />}
      {status === "empty" && <Note>No levels yet. They begin with your first steps.</Note>}
      {data !== null && data.levels.length === 0 && <Note>There are no levels to reach here.</Note>}
      {data !== null && data.levels.length > 0 && (
        <ul className="mp-list">
          {data.levels.map((level) => (
            <li key={level.competency}>
              <p className="mp-line">
                <strong>{labels?.[level.competency] ?? level.name}</strong>
                <span className="mp-level">
                  {level.level > 0 && <span className="mp-sr">Level {level.level}: </span>}
                  {level.title}
                </span>
              </p>
              <Bar value={level.progress === null ? 100 : level.progress * 100} />
              <small>{left(level, locale)}</small>
            </li>
          ))}
        </ul>
      )}
    </Frame>
  );
}

function left({ points: has, next_at, level }: Level, locale: string | undefined): string {
  if (next_at === null) return `Highest level, with ${points(has, locale)}`;
  return `${count(has, locale)} of ${points(next_at, locale)} to level ${count(level + 1, locale)}`;
}
