import { useSystematicScaling } from "@milepost/react";
import { useEffect, useRef, type ReactNode } from "react";
import { BusinessCase } from "./case/tool.js";
import { CostCalculator } from "./cost/tool.js";
import { IcpAnalysis } from "./icp/tool.js";
import { firstTime } from "./kept.js";
import { ResourceLibrary } from "./library/tool.js";
import { YourProgress } from "./progress/page.js";
import { Standing } from "./progress/standing.js";
import { pathTo, PROGRESS, TOOLS, useRoute, type Place, type Tool } from "./route.js";
import { Icon } from "./ui/icons.js";

const NAMES: Record<Place, string> = {
  "icp-analysis": "ICP analysis",
  "cost-calculator": "Cost calculator",
  "business-case": "Business case",
  "resource-library": "Resource library",
  progress: "Your progress",
};

const PLACES: Place[] = [...TOOLS, PROGRESS];

export interface ToolProps {
  customerId: string;
}

function Current({ place, rest, customerId }: ToolProps & { place: Place; rest: string | undefined }): ReactNode {
  if (place === PROGRESS) return <YourProgress />;
  if (place === "icp-analysis") return <IcpAnalysis customerId={customerId} />;
  if (place === "cost-calculator") return <CostCalculator customerId={customerId} />;
  if (place === "business-case") return <BusinessCase customerId={customerId} />;
  return <ResourceLibrary customerId={customerId} article={rest} />;
}

/** Tells, once per customer, that all four tools were used: that is progress of the whole, not of one tool. */
function useAllTools(customerId: string, place: Place): void {
  const { trackBehavior } = useSystematicScaling();
  const seen = useRef(new Set<Tool>());
  useEffect(() => {
    if (place === PROGRESS) return;
    seen.current.add(place);
    if (seen.current.size < TOOLS.length || !firstTime(customerId, "all tools used")) return;
    trackBehavior("systematic_progression", {
      businessImpact: "high",
      competencyArea: "systematic_optimization",
      metadata: { step: "all_tools_used", tools: TOOLS.length },
    });
  }, [customerId, place, trackBehavior]);
}

const Link = ({ to, current }: { to: Place; current: Place }): ReactNode => (
  <li>
    <a href={pathTo(to)} aria-current={to === current ? "page" : undefined}>
      <Icon name={to} />
      {NAMES[to]}
    </a>
  </li>
);

export function App({ customerId, notice }: ToolProps & { notice: string | undefined }): ReactNode {
  const { place, rest } = useRoute();
  const main = useRef<HTMLElement>(null);
  useAllTools(customerId, place);
  useEffect(() => {
    document.title = `${NAMES[place]} · Scaling tools`;
    window.scrollTo(0, 0);
  }, [place, rest]);
  return (
    <div className="app">
      <header className="side">
        <a className="skip" href={pathTo(place)} onClick={(event) => { event.preventDefault(); main.current?.focus(); }}>
          Skip to the content
        </a>
        <a className="brand" href={pathTo(TOOLS[0])}>
          <Icon name="milepost" />
          <span>Scaling tools</span>
        </a>
        <nav aria-label="Tools">
          <ul>
            {PLACES.map((one) => (
              <Link key={one} to={one} current={place} />
            ))}
          </ul>
        </nav>
      </header>
      <main ref={main} tabIndex={-1}>
        {notice && <p className="site-notice" role="note">{notice}</p>}
        <Current key={place} place={place} rest={rest} customerId={customerId} />
      </main>
      {place !== PROGRESS && <Standing />}
    </div>
  );
}
