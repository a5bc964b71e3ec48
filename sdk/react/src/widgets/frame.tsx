import { useId, type ReactNode } from "react";
import { useTracker } from "../context.js";
import { readAgain } from "../reading.js";

export interface WidgetProps {
  /** The heading; the widgets have one in plain English each. */
  title?: string | undefined;
  /** The heading's level in your page. Default 2. */
  headingLevel?: 2 | 3 | 4 | undefined;
  className?: string | undefined;
}

interface FrameProps extends WidgetProps {
  kind: string;
  title: string;
  /** Beside the heading, quietly. */
  aside?: ReactNode;
  busy?: boolean | undefined;
  /** Of the heading, for who moves the focus to it. */
  headingId?: string | undefined;
  children: ReactNode;
}

export function Frame({ kind, title, aside, busy, headingId, headingLevel = 2, className, children }: FrameProps): ReactNode {
  const own = useId();
  const id = headingId ?? own;
  const Heading = `h${headingLevel}` as const;
  return (
    <section
      className={["mp-widget", `mp-${kind}`, className].filter(Boolean).join(" ")}
      aria-labelledby={id}
      aria-busy={busy ?? false}
    >
      <header className="mp-head">
        <Heading id={id} tabIndex={-1}>{title}</Heading>
        {aside !== undefined && <span className="mp-aside">{aside}</span>}
      </header>
      {children}
    </section>
  );
}

export const Note = ({ children }: { children: ReactNode }): ReactNode => <p className="mp-note">{children}</p>;

/** Nothing could be read yet. */
export function Failed(): ReactNode {
  const tracker = useTracker();
  return (
    <div className="mp-failed">
      <Note>This could not be loaded. It will be tried again.</Note>
      <button type="button" className="mp-button" onClick={() => readAgain(tracker)}>
        Try now
      </button>
    </div>
  );
}

/** Grey lines where text will be; a screen reader hears that it is loading. */
export function Skeleton({ lines }: { lines: number }): ReactNode {
  return (
    <div className="mp-skeleton" role="status">
      <span className="mp-sr">Loading</span>
      {Array.from({ length: lines }, (_, line) => (
        <span key={line} aria-hidden="true" />
      ))}
    </div>
  );
}

/** A bar of 0-100 as SVG attributes: a page whose policy forbids inline styles shows it too. */
export const Bar = ({ value }: { value: number | null }): ReactNode => (
  <svg width="100%" height="4" aria-hidden="true">
    <rect className="mp-track" width="100%" height="4" rx="2" />
    {value !== null && value > 0 && <rect className="mp-fill" width={`${Math.min(100, value)}%`} height="4" rx="2" />}
  </svg>
);

/** `value_communication`, `icp-analysis` -> `Value communication`, `Icp analysis`, unless `labels` has better. */
export function label(name: string, labels: Readonly<Record<string, string>> | undefined): string {
  const words = name.replace(/[_-]+/g, " ").trim();
  return labels?.[name] ?? words.charAt(0).toUpperCase() + words.slice(1);
}

/** `1,234` as people of that language write it. */
export const count = (value: number, locale: string | undefined): string => value.toLocaleString(locale);

/** `1 point`, `12 points`. */
export const points = (value: number, locale: string | undefined): string =>
  `${count(value, locale)} ${value === 1 ? "point" : "points"}`;

/** A moment, or a UTC day as in `2026-03-01`, as a day. */
export const day = (at: string, locale: string | undefined): string =>
  new Date(at).toLocaleDateString(locale, {
    day: "numeric",
    month: "short",
    year: "numeric",
    timeZone: /^\d{4}-\d\d-\d\d$/.test(at) ? "UTC" : undefined,
  });
