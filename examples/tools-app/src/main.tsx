// First: it says which styles win over which.
import "./styles/base.css";
import { MilepostProvider, SystematicScalingProvider } from "@milepost/react";
import { StrictMode, type ReactNode } from "react";
import { createRoot } from "react-dom/client";
import "@milepost/react/styles.css";
import { App } from "./app.js";
import { loadConfig, type Config } from "./config.js";
import "./styles/layout.css";
import "./styles/parts.css";

/** So that the dashboard beside it moves with every click; elsewhere the 30 seconds of the default are right. */
const FLUSH_MS = 500;

function Tracked({ config }: { config: Config }): ReactNode {
  const { host, writeKey, customerId, token, currentArr, targetArr, growthStage } = config;
  return (
    <MilepostProvider
      options={{
        writeKey,
        host: host || undefined,
        customerId,
        currentArr,
        targetArr,
        growthStage,
        flushInterval: FLUSH_MS,
      }}
      token={token}
    >
      <SystematicScalingProvider
        customerId={customerId}
        currentARR={currentArr}
        targetARR={targetArr}
        growthStage={growthStage}
      >
        <App customerId={customerId} notice={config.notice} />
      </SystematicScalingProvider>
    </MilepostProvider>
  );
}

const NotSetUp = ({ why }: { why: string }): ReactNode => (
  <main className="door">
    <h1>The tools are not set up</h1>
    <p>{why}</p>
    <p className="hint">The server that serves this page also serves config.json, with a write key and a customer.</p>
  </main>
);

const root = createRoot(document.getElementById("root") as HTMLElement);
loadConfig().then(
  (config) => root.render(<StrictMode><Tracked config={config} /></StrictMode>),
  (error: Error) => root.render(<NotSetUp why={error.message} />),
);
