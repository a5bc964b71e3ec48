import { useId, type ReactNode } from "react";

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
  children: ReactNode;
}

export function Frame({ kind, title, aside, busy, headingLevel = 2, className, children }: FrameProps): ReactNode {
  const id = useId();
  const Heading = `h${headingLevel}` as const;
  return (
    <section
      className={["mp-widget", `mp-${kind}`, className].filter(Boolean).join(" ")}
      aria-labelledby={id}
      aria-busy={busy ?? false}
    >
      <header className="mp-head">
        <Heading id={id}>{title}</Heading>
        {aside !== undefined && <span className="mp-aside">{aside}</span>}
      </header>
      {children}
    </section>
  );
}

export const Note = ({ children }: { children: ReactNode }): ReactNode => <p className="mp-note">{children}</p>;

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

/** `value_communication`, `icp-analysis` -> `Value communication`, `Icp analysis`, unless `labels` has better. */
export function label(name: string, labels: Readonly<Record<string, string>> | undefined): string {
  const words = name.replace(/[_-]+/g, " ").trim();
  return labels?.[name] ?? words.charAt(0).toUpperCase() + words.slice(1);
}
