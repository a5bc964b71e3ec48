import { useId, useRef, type ComponentProps, type KeyboardEvent, type ReactNode } from "react";
import type { GenerationError } from "../tracking.js";
import { Icon } from "./icons.js";

interface PageProps {
  title: string;
  /** The page's answer, in a sentence. */
  answer: string;
  children: ReactNode;
}

export const Page = ({ title, answer, children }: PageProps): ReactNode => (
  <>
    <h1>{title}</h1>
    <p className="answer">{answer}</p>
    {children}
  </>
);

type ButtonProps = ComponentProps<"button"> & { secondary?: boolean };

export const Button = ({ secondary, className, ...props }: ButtonProps): ReactNode => (
  <button type="button" className={["button", secondary && "secondary", className].filter(Boolean).join(" ")} {...props} />
);

interface FieldProps {
  label: string;
  hint?: string | undefined;
  value: string;
  onChange: (value: string) => void;
  /** Rows of a text area; one line without. */
  rows?: number;
  /** Behind the figure: `€`, `%`. */
  unit?: string;
  numeric?: boolean;
  invalid?: boolean;
}

export function Field({ label, hint, value, onChange, rows, unit, numeric, invalid }: FieldProps): ReactNode {
  const id = useId();
  const common = {
    id,
    value,
    "aria-describedby": hint === undefined ? undefined : `${id}-hint`,
    "aria-invalid": invalid || undefined,
    onChange: (event: { target: { value: string } }) => onChange(event.target.value),
  };
  return (
    <div className="field">
      <label htmlFor={id}>{label}</label>
      {hint !== undefined && <p className="hint" id={`${id}-hint`}>{hint}</p>}
      {rows !== undefined ? (
        <textarea rows={rows} {...common} />
      ) : (
        <span className="with-unit">
          <input inputMode={numeric ? "decimal" : undefined} autoComplete="off" {...common} />
          {unit !== undefined && <span className="unit" aria-hidden="true">{unit}</span>}
        </span>
      )}
    </div>
  );
}

interface TabsProps<T extends string> {
  label: string;
  tabs: readonly { id: T; name: string }[];
  current: T;
  onChange: (to: T) => void;
  children: ReactNode;
}

/** Tabs as WAI-ARIA describes them: arrows move, the panel is named by its tab. */
export function Tabs<T extends string>({ label, tabs, current, onChange, children }: TabsProps<T>): ReactNode {
  const id = useId();
  const list = useRef<HTMLDivElement>(null);
  const move = (event: KeyboardEvent): void => {
    const at = tabs.findIndex((tab) => tab.id === current);
    const steps: Record<string, number> = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: tabs.length - 1 };
    const step = steps[event.key];
    if (step === undefined) return;
    event.preventDefault();
    const next = (step + tabs.length) % tabs.length;
    onChange((tabs[next] as { id: T }).id);
    list.current?.querySelectorAll<HTMLElement>("[role=tab]")[next]?.focus();
  };
  return (
    <>
      <div className="tabs" role="tablist" aria-label={label} ref={list} onKeyDown={move}>
        {tabs.map((tab) => (
          <button
            key={tab.id}
            type="button"
            role="tab"
            id={`${id}-${tab.id}`}
            aria-controls={`${id}-panel`}
            aria-selected={tab.id === current}
            tabIndex={tab.id === current ? 0 : -1}
            onClick={() => tab.id !== current && onChange(tab.id)}
          >
            {tab.name}
          </button>
        ))}
      </div>
      <div className="panel" role="tabpanel" id={`${id}-panel`} aria-labelledby={`${id}-${current}`}>
        {children}
      </div>
    </>
  );
}

/** What went wrong and what to do; read out when it appears. */
export const Problem = ({ problem }: { problem: GenerationError | undefined }): ReactNode => (
  <div role="alert">
    {problem && (
      <p className="problem">
        <Icon name="alert" />
        <span>{problem.message}</span>
      </p>
    )}
  </div>
);

/** Says what was done; empty until then, so that a screen reader hears it. */
export const Done = ({ children }: { children: ReactNode }): ReactNode => (
  <p className="done" role="status">
    {children && <Icon name="check" />}
    {children}
  </p>
);

export const Empty = ({ title, children }: { title: string; children: ReactNode }): ReactNode => (
  <div className="empty">
    <p className="empty-title">{title}</p>
    <p>{children}</p>
  </div>
);
