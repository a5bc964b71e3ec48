import { useState, type ReactNode } from "react";
import type { ToolProps } from "../app.js";
import type { Cost } from "../cost/model.js";
import type { Doc } from "../document.js";
import { peek, useKept } from "../kept.js";
import { useTool, useVisit, type GenerationError } from "../tracking.js";
import { Exports } from "../ui/exports.js";
import { Icon } from "../ui/icons.js";
import { Button, Empty, Field, Page, Problem, Tabs } from "../ui/parts.js";
import { assemble, costInWords, SECTIONS, written, type Section } from "./model.js";

const TABS = [
  { id: "outline", name: "Outline" },
  { id: "assembly", name: "Write" },
  { id: "review", name: "Review" },
] as const;
type Tab = (typeof TABS)[number]["id"];

export function BusinessCase({ customerId }: ToolProps): ReactNode {
  useVisit(customerId, "business-case");
  const tool = useTool(customerId, "business-case");
  const [tab, setTab] = useKept<Tab>("case.tab", "outline");
  const [title, setTitle] = useKept("case.title", "");
  const [sections, setSections] = useKept<Section[]>("case.sections", SECTIONS);
  const [doc, setDoc] = useKept<Doc | null>("case.doc", null);
  const [problem, setProblem] = useState<GenerationError>();

  const open = (to: Tab): void => {
    tool.tab(to, tab);
    setTab(to);
  };
  const change = (id: string, changed: Partial<Section>): void =>
    setSections(sections.map((one) => (one.id === id ? { ...one, ...changed } : one)));
  const put = (): void => {
    const result = tool.generate("business_case", "assembly", () => {
      const { doc: made, metadata } = assemble(title, sections);
      return { made, metadata };
    });
    setProblem("problem" in result ? result.problem : undefined);
    if (!("made" in result)) return;
    setDoc(result.made);
    open("review");
    tool.milestone("Assembled a first business case", 20);
  };

  const ready = written(sections).length;
  const all = sections.filter(({ included }) => included).length;
  return (
    <Page title="Business case" answer={ready === 0 ? "Why should they decide now?" : `${ready} of ${all} sections are written.`}>
      <Tabs label="Business case" tabs={TABS} current={tab} onChange={open}>
        {tab === "outline" && <Outline sections={sections} onChange={setSections} onDone={() => open("assembly")} />}
        {tab === "assembly" && (
          <form className="form" onSubmit={(event) => event.preventDefault()}>
            <Field label="Title" value={title} onChange={setTitle} />
            {sections.filter(({ included }) => included).map(({ id, name, hint, text }) => (
              <div key={id} className="part">
                <Field label={name} hint={hint} rows={3} value={text} onChange={(value) => change(id, { text: value })} />
                {id === "cost" && <UseCost onUse={(value) => change(id, { text: value })} />}
              </div>
            ))}
            <div className="row">
              <Button onClick={put}>Put the case together</Button>
            </div>
            <Problem problem={problem} />
          </form>
        )}
        {tab === "review" &&
          (doc === null ? (
            <Empty title="Nothing to review yet">Write three sections, then put the case together.</Empty>
          ) : (
            <>
              <article className="paper">
                <h2>{doc.title}</h2>
                <p className="hint">{doc.subtitle}</p>
                {doc.blocks.map((block, at) =>
                  block.kind === "heading" ? <h3 key={at}>{block.text}</h3> : block.kind === "text" && <p key={at}>{block.text}</p>,
                )}
              </article>
              <Exports doc={doc} formats={["pdf", "html", "md"]} onExport={(format) => tool.exported(format, "business-case", "export")} />
            </>
          ))}
      </Tabs>
    </Page>
  );
}

interface OutlineProps {
  sections: Section[];
  onChange: (sections: Section[]) => void;
  onDone: () => void;
}

function Outline({ sections, onChange, onDone }: OutlineProps): ReactNode {
  const move = (at: number, by: number): void => {
    const next = [...sections];
    const [moved] = next.splice(at, 1);
    if (moved !== undefined) next.splice(at + by, 0, moved);
    onChange(next);
  };
  return (
    <>
      <ol className="outline">
        {sections.map(({ id, name, hint, included }, at) => (
          <li key={id}>
            <label>
              <input
                type="checkbox"
                checked={included}
                onChange={() => onChange(sections.map((one) => (one.id === id ? { ...one, included: !included } : one)))}
              />
              <span>
                {name}
                <small className="hint">{hint}</small>
              </span>
            </label>
            <span className="moves">
              <button type="button" aria-label={`Move ${name} up`} disabled={at === 0} onClick={() => move(at, -1)}><Icon name="up" /></button>
              <button type="button" aria-label={`Move ${name} down`} disabled={at === sections.length - 1} onClick={() => move(at, 1)}><Icon name="down" /></button>
            </span>
          </li>
        ))}
      </ol>
      <div className="row">
        <Button onClick={onDone}>Go on to writing</Button>
      </div>
    </>
  );
}

function UseCost({ onUse }: { onUse: (text: string) => void }): ReactNode {
  const cost = peek<Cost | null>("cost.result");
  if (cost === undefined || cost === null) return null;
  return <Button secondary onClick={() => onUse(costInWords(cost))}>Use the calculator's figures</Button>;
}
