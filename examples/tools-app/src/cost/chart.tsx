import type { ReactNode } from "react";
import { money, short, type Cost } from "./model.js";

const WIDTH = 640;
const HEIGHT = 240;
const LEFT = 56;
const BOTTOM = 24;

/** A round figure at or above `value`, whose half is round too. */
function roundUp(value: number): number {
  const power = 10 ** Math.floor(Math.log10(Math.max(value, 1)));
  return power * ([1, 1.2, 1.6, 2, 3, 4, 5, 6, 8, 10].find((step) => step * power >= value) as number);
}

/** What each month costs: missed value under the workaround's cost. The table beside it says the same. */
export function Chart({ cost }: { cost: Cost }): ReactNode {
  const top = roundUp(Math.max(...cost.months.map(({ missed, workaround }) => missed + workaround)));
  const plot = HEIGHT - BOTTOM - 8;
  const y = (value: number): number => 8 + plot * (1 - value / top);
  const slot = (WIDTH - LEFT) / cost.months.length;
  const bar = Math.min(40, slot * 0.7);
  const every = Math.ceil(cost.months.length / 12);
  return (
    <figure className="chart">
      <figcaption>
        <h2>Cost by month</h2>
        <ul className="legend">
          <li className="missed">Missed value</li>
          <li className="workaround">Workaround</li>
        </ul>
      </figcaption>
      <svg viewBox={`0 0 ${WIDTH} ${HEIGHT}`} role="img" aria-label={`Cost of delay by month, from ${money(monthly(cost, 0))} to ${money(monthly(cost, cost.months.length - 1))}`}>
        {[0, 0.5, 1].map((part) => (
          <g key={part}>
            <line className={part === 0 ? "base" : "grid"} x1={LEFT} x2={WIDTH} y1={y(top * part)} y2={y(top * part)} />
            <text x={LEFT - 8} y={y(top * part) + 4} textAnchor="end">{short(top * part)}</text>
          </g>
        ))}
        {cost.months.map(({ month, missed, workaround }) => {
          const x = LEFT + slot * (month - 0.5) - bar / 2;
          return (
            <g key={month}>
              <title>{`Month ${month}: ${money(missed)} missed, ${money(workaround)} for the workaround`}</title>
              <rect className="missed" x={x} width={bar} y={y(missed)} height={Math.max(0, y(0) - y(missed))} />
              <rect className="workaround" x={x} width={bar} y={y(missed + workaround)} height={Math.max(0, y(missed) - y(missed + workaround) - 1)} />
              {(month - 1) % every === 0 && <text x={x + bar / 2} y={HEIGHT - 4} textAnchor="middle">{month}</text>}
            </g>
          );
        })}
      </svg>
    </figure>
  );
}

function monthly({ months }: Cost, at: number): number {
  const month = months[at];
  return month === undefined ? 0 : month.missed + month.workaround;
}
