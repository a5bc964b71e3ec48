import { useState, type ReactNode } from "react";
import type { ToolProps } from "../app.js";
import { useKept } from "../kept.js";
import { useTool, useVisit, type GenerationError } from "../tracking.js";
import { Exports } from "../ui/exports.js";
import { Button, Empty, Field, Page, Problem, Tabs } from "../ui/parts.js";
import { answered, draft, EXAMPLE, NO_ANSWERS, QUESTIONS, rate, report, type Answers, type Criterion, type Persona } from "./model.js";
import { Framework } from "./framework.js";

const TABS = [
  { id: "product-details", name: "Product details" },
  { id: "rating-framework", name: "Rating framework" },
  { id: "personas", name: "Personas" },
  { id: "summary", name: "Summary" },
] as const;
type Tab = (typeof TABS)[number]["id"];

export function IcpAnalysis({ customerId }: ToolProps): ReactNode {
  useVisit(customerId, "icp-analysis");
  const tool = useTool(customerId, "icp-analysis");
  const [tab, setTab] = useKept<Tab>("icp.tab", "product-details");
  const [answers, setAnswers] = useKept<Answers>("icp.answers", NO_ANSWERS);
  const [criteria, setCriteria] = useKept<Criterion[]>("icp.criteria", []);
  const [personas, setPersonas] = useKept<Persona[]>("icp.personas", []);
  const [problem, setProblem] = useState<GenerationError>();

  const open = (to: Tab): void => {
    tool.tab(to, tab);
    setProblem(undefined);
    setTab(to);
  };
  const reached = (framework: boolean, people: boolean): void => {
    if (framework && people) tool.milestone("Completed first comprehensive ICP analysis", 15);
  };
  const generateFramework = (): void => {
    tool.tracking.trackClick({
      buttonId: "generate-framework",
      buttonLabel: "Generate rating framework",
      toolId: "icp-analysis",
      toolSection: "rating-framework",
      competencyArea: "customer_intelligence",
    });
    const result = tool.generate("rating_framework", "rating-framework", () => {
      const { criteria: made, metadata } = rate(answers);
      return { made, metadata };
    });
    setProblem("problem" in result ? result.problem : undefined);
    if (!("made" in result)) return;
    setCriteria(result.made);
    reached(true, personas.length > 0);
  };
  const draftPersonas = (): void => {
    const result = tool.generate("personas", "personas", () => {
      const { personas: made, metadata } = draft(answers);
      return { made, metadata };
    });
    setProblem("problem" in result ? result.problem : undefined);
    if (!("made" in result)) return;
    setPersonas(result.made);
    reached(criteria.length > 0, true);
  };

  const known = answered(answers).length;
  return (
    <Page
      title="ICP analysis"
      answer={known === 0 ? "Whom should you sell to?" : `${known} of ${QUESTIONS.length} answers${criteria.length > 0 ? ", and a way to rate every account" : ""}.`}
    >
      <Tabs label="ICP analysis" tabs={TABS} current={tab} onChange={open}>
        {tab === "product-details" && (
          <form className="form" onSubmit={(event) => event.preventDefault()}>
            {QUESTIONS.map(({ id, ...question }) => (
              <Field key={id} {...question} value={answers[id]} onChange={(value) => setAnswers({ ...answers, [id]: value })} />
            ))}
            <div className="row">
              <Button onClick={() => open("rating-framework")}>Go on to the framework</Button>
              <Button secondary onClick={() => setAnswers(EXAMPLE)}>Fill in an example</Button>
            </div>
          </form>
        )}
        {tab === "rating-framework" && (
          <>
            <div className="row">
              <Button onClick={generateFramework}>{criteria.length > 0 ? "Generate it anew" : "Generate rating framework"}</Button>
            </div>
            <Problem problem={problem} />
            {criteria.length > 0 ? <Framework criteria={criteria} /> : !problem && <Empty title="No framework yet">It is made from your answers: criteria, their weights, and what good and poor look like.</Empty>}
          </>
        )}
        {tab === "personas" && (
          <>
            <div className="row">
              <Button onClick={draftPersonas}>{personas.length > 0 ? "Draft them anew" : "Draft personas"}</Button>
            </div>
            <Problem problem={problem} />
            {personas.length > 0 ? (
              <ul className="cards">
                {personas.map((persona) => (
                  <li key={persona.role}>
                    <p className="hint">{persona.role}</p>
                    <h2>{persona.name}</h2>
                    <p>{persona.wants}</p>
                    <p className="quote">“{persona.asks}”</p>
                  </li>
                ))}
              </ul>
            ) : (
              !problem && <Empty title="No personas yet">Three people decide: who signs, who champions it, who uses it.</Empty>
            )}
          </>
        )}
        {tab === "summary" && (
          <Summary
            answers={answers}
            criteria={criteria}
            personas={personas}
            onExport={(format) => tool.exported(format, "stakeholder-report", "summary")}
          />
        )}
      </Tabs>
    </Page>
  );
}

interface SummaryProps {
  answers: Answers;
  criteria: Criterion[];
  personas: Persona[];
  onExport: (format: string) => void;
}

function Summary({ answers, criteria, personas, onExport }: SummaryProps): ReactNode {
  if (criteria.length === 0) {
    return <Empty title="Nothing to sum up yet">Generate the rating framework first; the summary is made of it.</Empty>;
  }
  return (
    <>
      <dl className="facts">
        {QUESTIONS.filter(({ id }) => answers[id] !== "").map(({ id, label }) => (
          <div key={id}>
            <dt>{label}</dt>
            <dd>{answers[id]}</dd>
          </div>
        ))}
        <div>
          <dt>What counts most</dt>
          <dd>{[...criteria].sort((a, b) => b.weight - a.weight).slice(0, 2).map(({ name, weight }) => `${name} (${weight} %)`).join(", ")}</dd>
        </div>
      </dl>
      <Exports doc={report(answers, criteria, personas)} formats={["pdf", "md"]} onExport={onExport} />
    </>
  );
}
