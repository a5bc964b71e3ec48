import type { ReactNode } from "react";
import { useStanding } from "../reading.js";
import { Frame, Note, Skeleton, type WidgetProps } from "./frame.js";

export interface NextActionsProps extends WidgetProps {
  /** How many at most. Default 3. */
  limit?: number | undefined;
}

interface Action {
  title: string;
  why: string | undefined;
  url: string | undefined;
}

/** What the server recommends next, best first, each with why. */
export function NextActions({ title = "Next steps", limit = 3, ...frame }: NextActionsProps): ReactNode {
  const { status, insights } = useStanding();
  const actions = (insights?.next_recommended_actions ?? []).flatMap(read).slice(0, limit);
  return (
    <Frame kind="next" title={title} busy={status === "loading"} {...frame}>
      {status === "loading" && <Skeleton lines={2} />}
      {status !== "loading" && actions.length === 0 && (
        <Note>No suggestions right now. They appear here when there is something worth suggesting.</Note>
      )}
      {actions.length > 0 && (
        <ol className="mp-list">
          {actions.map((action, place) => (
            <li key={`${place} ${action.title}`}>
              <strong>{action.url === undefined ? action.title : <a href={action.url}>{action.title}</a>}</strong>
              {action.why !== undefined && <small>{action.why}</small>}
            </li>
          ))}
        </ol>
      )}
    </Frame>
  );
}

/** A recommendation's words, whatever the playbook that made it called them; none without a title. */
function read(raw: Record<string, unknown>): Action[] {
  const title = text(raw, "title", "action", "name");
  if (title === undefined) return [];
  return [{ title, why: text(raw, "why", "reason", "description"), url: safe(text(raw, "url", "href", "link")) }];
}

function text(raw: Record<string, unknown>, ...names: string[]): string | undefined {
  for (const name of names) {
    const value = raw[name];
    if (typeof value === "string" && value.trim() !== "") return value;
  }
  return undefined;
}

/** Links within the page or the site, and to the web; no `javascript:`. */
function safe(url: string | undefined): string | undefined {
  return url !== undefined && /^(https?:\/\/|\/(?!\/)|#|\?|\.\.?\/)/i.test(url) ? url : undefined;
}
