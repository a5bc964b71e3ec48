import { useEffect, useRef, useState, type ReactNode } from "react";
import type { ToolProps } from "../app.js";
import { useKept } from "../kept.js";
import { pathTo } from "../route.js";
import { COMPETENCY, useTool, useVisit } from "../tracking.js";
import { Icon } from "../ui/icons.js";
import { Button, Done, Empty, Page } from "../ui/parts.js";
import { ARTICLES, find, type Article } from "./articles.js";

const TOOL = "resource-library";
/** Somebody has stopped typing. */
const TYPED_MS = 600;
const READ_FOR_MILESTONE = 3;

export function ResourceLibrary({ customerId, article }: ToolProps & { article: string | undefined }): ReactNode {
  useVisit(customerId, TOOL);
  const open = ARTICLES.find(({ id }) => id === article);
  return open ? <Reading key={open.id} customerId={customerId} article={open} /> : <Search customerId={customerId} />;
}

function Search({ customerId }: ToolProps): ReactNode {
  const { tracking } = useTool(customerId, TOOL);
  const [query, setQuery] = useKept("library.query", "");
  const [asked, setAsked] = useState(query);
  const found = find(query);
  const results = found.length;
  useEffect(() => {
    if (query.trim() === asked.trim()) return;
    const timer = setTimeout(() => {
      setAsked(query);
      if (query.trim() === "") return;
      tracking.track("content_interaction", {
        toolId: TOOL,
        toolSection: "search",
        competencyArea: COMPETENCY[TOOL],
        metadata: { action: "search", query: query.trim(), results },
      });
    }, TYPED_MS);
    return () => clearTimeout(timer);
  }, [asked, query, results, tracking]);
  return (
    <Page title="Resource library" answer="Short reads on finding, convincing and keeping customers.">
      <div className="search">
        <Icon name="search" />
        <input
          type="search"
          aria-label="Search the library"
          placeholder="Search, for example “price”"
          value={query}
          onChange={(event) => setQuery(event.target.value)}
        />
      </div>
      <p className="sr-only" role="status">{results} found</p>
      {results === 0 && <Empty title="Nothing found">Try one word less, or another one.</Empty>}
      <ul className="articles">
        {found.map(({ id, title, about, topic }) => (
          <li key={id}>
            <a href={pathTo(TOOL, id)}>{title}</a>
            <p className="hint">{topic} · {about}</p>
          </li>
        ))}
      </ul>
    </Page>
  );
}

function Reading({ customerId, article }: ToolProps & { article: Article }): ReactNode {
  // A visit of its own within the tool's: its exit says how long the article was open.
  useVisit(customerId, TOOL, "reading");
  const tool = useTool(customerId, TOOL);
  const [read, setRead] = useKept<string[]>("library.read", []);
  const [done, setDone] = useState("");
  const counted = useRef(false);
  const { tracking, milestone } = tool;
  useEffect(() => {
    if (counted.current) return; // StrictMode runs this twice
    counted.current = true;
    tracking.track("content_interaction", {
      toolId: TOOL,
      toolSection: "reading",
      competencyArea: COMPETENCY[TOOL],
      metadata: { action: "read", resource_id: article.id },
    });
    const all = [...new Set([...read, article.id])];
    setRead(all);
    if (all.length >= READ_FOR_MILESTONE) milestone("Read three resources", 5);
  }, [article.id, milestone, read, setRead, tracking]);

  const link = window.location.href;
  const shared = (sharedWith: string): void => {
    tracking.trackResourceShare({
      resourceType: "article",
      resourceId: article.id,
      sharedWith,
      toolId: TOOL,
      toolSection: "sharing",
      competencyArea: COMPETENCY[TOOL],
    });
  };
  const copy = async (): Promise<void> => {
    try {
      await navigator.clipboard.writeText(link);
    } catch {
      setDone("This browser does not let a page copy. The link is in the address bar.");
      return;
    }
    setDone("The link is copied.");
    shared("link");
  };
  const mail = `mailto:?subject=${encodeURIComponent(article.title)}&body=${encodeURIComponent(`${article.about}\n\n${link}`)}`;
  return (
    <>
      <a className="crumb" href={pathTo(TOOL)}><Icon name="back" />Resource library</a>
      <article className="reading">
        <p className="hint">{article.topic}</p>
        <h1 className="title">{article.title}</h1>
        {article.paragraphs.map((paragraph) => (
          <p key={paragraph}>{paragraph}</p>
        ))}
      </article>
      <div className="row">
        <Button onClick={() => void copy()}>Copy link</Button>
        <a className="button secondary" href={mail} onClick={() => shared("email")}>Send by e-mail</a>
      </div>
      <Done>{done}</Done>
    </>
  );
}
