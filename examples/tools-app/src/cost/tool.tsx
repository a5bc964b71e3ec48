import { useState, type ReactNode } from "react";
import type { ToolProps } from "../app.js";
import { csv } from "../download.js";
import { useKept } from "../kept.js";
import { useTool, useVisit, type GenerationError } from "../tracking.js";
import { Exports } from "../ui/exports.js";
import { Button, Empty, Field, Page, Problem, Tabs } from "../ui/parts.js";
import { Chart } from "./chart.js";
import { costOfDelay, FIELDS, FIRST_INPUTS, invalid, money, report, rows, type Cost, type Inputs } from "./model.js";

const TABS = [
  { id: "inputs", name: "Figures" },
  { id: "results", name: "Results" },
  { id: "report-generation", name: "Report" },
] as const;
type Tab = (typeof TABS)[number]["id"];

export function CostCalculator({ customerId }: ToolProps): ReactNode {
  useVisit(customerId, "cost-calculator");
  const tool = useTool(customerId, "cost-calculator");
  const [tab, setTab] = useKept<Tab>("cost.tab", "inputs");
  const [inputs, setInputs] = useKept<Inputs>("cost.inputs", FIRST_INPUTS);
  const [cost, setCost] = useKept<Cost | null>("cost.result", null);
  const [problem, setProblem] = useState<GenerationError>();
  const wrong = problem === undefined ? [] : invalid(inputs);

  const open = (to: Tab): void => {
    tool.tab(to, tab);
    setTab(to);
  };
  const calculate = (): void => {
    const result = tool.generate("cost_of_delay", "results", () => {
      const { cost: made, metadata } = costOfDelay(inputs);
      return { made, metadata };
    });
    setProblem("problem" in result ? result.problem : undefined);
    if (!("made" in result)) return;
    setCost(result.made);
    open("results");
    tool.milestone("Worked out a first cost of delay", 10);
  };

  return (
    <Page
      title="Cost calculator"
      answer={cost === null ? "What does waiting cost?" : `Waiting costs ${money(cost.perDay)} a day, ${money(cost.total)} in ${cost.months.length} ${cost.months.length === 1 ? "month" : "months"}.`}
    >
      <Tabs label="Cost calculator" tabs={TABS} current={tab} onChange={open}>
        {tab === "inputs" && (
          <form
            className="form two"
            onSubmit={(event) => {
              event.preventDefault();
              calculate();
            }}
          >
            {FIELDS.map(({ id, label, hint, unit }) => (
              <Field key={id} label={label} hint={hint} unit={unit} numeric value={inputs[id]} invalid={wrong.includes(id)} onChange={(value) => setInputs({ ...inputs, [id]: value })} />
            ))}
            <div className="row">
              <Button type="submit">Work out the cost</Button>
            </div>
            <Problem problem={problem} />
          </form>
        )}
        {tab === "results" && (cost === null ? <NoCost /> : <Results cost={cost} />)}
        {tab === "report-generation" &&
          (cost === null ? (
            <NoCost />
          ) : (
            <>
              <p className="text">
                One page for the meeting: what waiting costs in all, per day and month by month. The CSV has the
                same figures for your own sheet.
              </p>
              <Exports
                doc={report(cost)}
                formats={["pdf"]}
                csv={csv(rows(cost))}
                onExport={(format) => tool.exported(format, "cost-of-delay", "report-generation")}
              />
            </>
          ))}
      </Tabs>
    </Page>
  );
}

const NoCost = (): ReactNode => <Empty title="Nothing worked out yet">Enter the figures first; four are enough.</Empty>;

function Results({ cost }: { cost: Cost }): ReactNode {
  const [head, ...body] = rows(cost);
  return (
    <>
      <Chart cost={cost} />
      <details>
        <summary>As a table</summary>
        <div className="scroll">
          <table className="narrow">
            <thead>
              <tr>
                {(head ?? []).map((name) => (
                  <th key={name} scope="col" className="num">{name}</th>
                ))}
              </tr>
            </thead>
            <tbody>
              {body.map(([month, ...figures]) => (
                <tr key={month}>
                  <th scope="row" className="num">{month}</th>
                  {figures.map((figure, at) => (
                    <td key={at} className="num">{money(Number(figure))}</td>
                  ))}
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      </details>
    </>
  );
}
