import { Badges, NextActions, Progress, useSystematicScaling } from "@milepost/react";
import { useEffect, useRef, type ReactNode } from "react";
import { BusinessCase } from "./case/tool.js";
import { CostCalculator } from "./cost/tool.js";
import { IcpAnalysis } from "./icp/tool.js";
import { firstTime } from "./kept.js";
import { ResourceLibrary } from "./library/tool.js";
import { pathTo, TOOLS, useRoute, type Tool } from "./route.js";
import { Icon } from "./ui/icons.js";

const NAMES: Record<Tool, string> = {
  "icp-analysis": "ICP analysis",
  "cost-calculator": "Cost calculator",
  "business-case": "Business case",
  "resource-library": "Resource library",
};

export interface ToolProps {
  customerId: string;
}

function Current({ tool, rest, customerId }: ToolProps & { tool: Tool; rest: string | undefined }): ReactNode {
  if (tool === "icp-analysis") return <IcpAnalysis customerId={customerId} />;
  if (tool === "cost-calculator") return <CostCalculator customerId={customerId} />;
  if (tool === "business-case") return <BusinessCase customerId={customerId} />;
  return <ResourceLibrary customerId={customerId} article={rest} />;
}

/** Tells, once per customer, that all four tools were used: that is progress of the whole, not of one tool. */
function useAllTools(customerId: string, tool: Tool): void {
  const { trackBehavior } = useSystematicScaling();
  const seen = useRef(new Set<Tool>());
  useEffect(() => {
    seen.current.add(tool);
    if (seen.current.size < TOOLS.length || !firstTime(customerId, "all tools used")) return;
    trackBehavior("systematic_progression", {
      businessImpact: "high",
      competencyArea: "systematic_optimization",
      metadata: { step: "all_tools_used", tools: TOOLS.length },
    });
  }, [customerId, tool, trackBehavior]);
}

export function App({ customerId }: ToolProps): ReactNode {
  const { tool, rest } = useRoute();
  const main = useRef<HTMLElement>(null);
  useAllTools(customerId, tool);
  useEffect(() => {
    document.title = `${NAMES[tool]} · Scaling tools`;
    window.scrollTo(0, 0);
  }, [tool, rest]);
  return (
    <div className="app">
      <header className="side">
        <a className="skip" href={`#/${tool}`} onClick={(event) => { event.preventDefault(); main.current?.focus(); }}>
          Skip to the tool
        </a>
        <a className="brand" href={pathTo(TOOLS[0])}>
          <Icon name="milepost" />
          <span>Scaling tools</span>
        </a>
        <nav aria-label="Tools">
          <ul>
            {TOOLS.map((one) => (
              <li key={one}>
                <a href={pathTo(one)} aria-current={one === tool ? "page" : undefined}>
                  <Icon name={one} />
                  {NAMES[one]}
                </a>
              </li>
            ))}
          </ul>
        </nav>
      </header>
      <main ref={main} tabIndex={-1}>
        <Current key={tool} tool={tool} rest={rest} customerId={customerId} />
      </main>
      <aside aria-label="Your standing">
        <Progress headingLevel={2} />
        <NextActions />
        <Badges limit={4} />
      </aside>
    </div>
  );
}
