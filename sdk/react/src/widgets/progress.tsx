import type { ReactNode } from "react";
import type { Insights, Trend } from "@milepost/browser";
import { useStanding } from "../reading.js";
import { Bar, Frame, label, Note, Skeleton, type WidgetProps } from "./frame.js";

export interface ProgressProps extends WidgetProps {
  /** Names for competencies and parts of the score, by their ids. */
  labels?: Readonly<Record<string, string>> | undefined;
}

const PARTS: Readonly<Record<string, string>> = {
  competencies: "Competencies",
  breadth: "Tools in use",
  consistency: "Active weeks",
  lately: "Active days lately",
  recency: "How recent",
  habit: "Active days over months",
  outcomes: "Outcomes",
};
const TRENDS: Record<Trend, string> = { improving: "↗ Improving", stable: "→ Steady", declining: "↘ Declining" };
const RADIUS = 28;
const ROUND = 2 * Math.PI * RADIUS;

/** The customer's score, what it is made of, and the competencies; "not enough data yet" where that is so. */
export function Progress({ title = "Your progress", labels, ...frame }: ProgressProps): ReactNode {
  const { status, insights } = useStanding();
  const trend = insights?.professional_credibility_trend;
  return (
    <Frame kind="progress" title={title} aside={trend && TRENDS[trend]} busy={status === "loading"} {...frame}>
      {status === "loading" && <Skeleton lines={4} />}
      {status === "empty" && <Note>Not enough data yet. Your progress appears here after your first steps.</Note>}
      {insights !== null && <Standing insights={insights} labels={labels} />}
    </Frame>
  );
}

function Standing({ insights, labels }: { insights: Insights; labels: ProgressProps["labels"] }): ReactNode {
  const parts = insights.score_components ?? [];
  return (
    <>
      <Score
        score={insights.current_scaling_score}
        coverage={insights.score_coverage}
        reason={insights.score_reason ?? "Not enough data yet."}
      />
      {insights.current_scaling_score !== null && parts.length > 0 && (
        <Meters
          name="What it is made of"
          rows={parts.map((part) => ({
            id: part.name,
            text: labels?.[part.name] ?? label(part.name, PARTS),
            value: part.value,
          }))}
        />
      )}
      {insights.competencies.length > 0 ? (
        <Meters
          name="Competencies"
          rows={insights.competencies.map((one) => ({
            id: one.competency,
            text: label(one.competency, labels),
            value: one.score,
          }))}
        />
      ) : (
        <Note>No competency has points yet.</Note>
      )}
    </>
  );
}

interface ScoreProps {
  score: number | null;
  coverage: number | null;
  /** Why there is none. */
  reason: string;
}

function Score({ score, coverage, reason }: ScoreProps): ReactNode {
  if (score === null) return <Note>{reason}</Note>;
  const shown = Math.round(score);
  return (
    <div className="mp-score">
      <svg viewBox="0 0 64 64" width="64" height="64" aria-hidden="true">
        <circle className="mp-track" cx="32" cy="32" r={RADIUS} />
        <circle
          className="mp-fill"
          cx="32"
          cy="32"
          r={RADIUS}
          strokeDasharray={`${((ROUND * score) / 100).toFixed(2)} ${ROUND.toFixed(2)}`}
          transform="rotate(-90 32 32)"
        />
      </svg>
      <p aria-live="polite">
        <strong>{shown}</strong> of 100
        {coverage !== null && coverage < 1 && (
          <small>From {Math.round(coverage * 100)} % of the data that could count</small>
        )}
      </p>
    </div>
  );
}

interface Row {
  id: string;
  text: string;
  /** 0-100; null: not enough data. */
  value: number | null;
}

function Meters({ name, rows }: { name: string; rows: Row[] }): ReactNode {
  return (
    <dl className="mp-meters" aria-label={name}>
      {rows.map(({ id, text, value }) => (
        <div key={id}>
          <dt>{text}</dt>
          <dd>{value === null ? <span className="mp-none">no data yet</span> : Math.round(value)}</dd>
          <dd className="mp-bar" aria-hidden="true">
            <Bar value={value} />
          </dd>
        </div>
      ))}
    </dl>
  );
}
