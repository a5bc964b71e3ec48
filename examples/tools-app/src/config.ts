import type { GrowthStage } from "@milepost/browser";

/** `./config.json`, as the server writes it. */
export interface Config {
  /** Milepost's address; empty: where this page came from. */
  host?: string;
  writeKey: string;
  customerId: string;
  /** The customer's own token: the panel reads with it. */
  token?: string;
  currentArr?: string;
  targetArr?: string;
  growthStage?: GrowthStage;
  /** A line at the top of every page, such as what the data is. */
  notice?: string;
}

/** Throws an Error in words for a person when there is no usable configuration. */
export async function loadConfig(): Promise<Config> {
  const answer = await fetch("./config.json", { cache: "no-store" });
  if (!answer.ok) throw new Error(`config.json answered ${answer.status}.`);
  const config = (await answer.json()) as Partial<Config>;
  for (const name of ["writeKey", "customerId"] as const) {
    if (typeof config[name] !== "string" || config[name] === "") throw new Error(`config.json has no ${name}.`);
  }
  return config as Config;
}
