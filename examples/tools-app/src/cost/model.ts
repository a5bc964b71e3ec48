import type { Doc } from "../document.js";
import { today } from "../document.js";
import { GenerationError } from "../tracking.js";

/** As typed. */
export interface Inputs {
  revenue: string;
  workaround: string;
  growth: string;
  months: string;
}
export const FIRST_INPUTS: Inputs = { revenue: "40000", workaround: "6500", growth: "3", months: "6" };

export const FIELDS: { id: keyof Inputs; label: string; hint: string; unit: string; least: number; most: number }[] = [
  { id: "revenue", label: "Value per month once it is there", hint: "Revenue or savings the change brings.", unit: "$", least: 0, most: 1e9 },
  { id: "workaround", label: "What the workaround costs per month", hint: "Hours, tools and errors you pay for meanwhile.", unit: "$", least: 0, most: 1e9 },
  { id: "growth", label: "Growth of that value per month", hint: "How fast demand grows while you wait.", unit: "%", least: -50, most: 100 },
  { id: "months", label: "Months of delay", hint: "From today until it would be decided anyway.", unit: "mo", least: 1, most: 36 },
];

export interface Month {
  month: number;
  missed: number;
  workaround: number;
  total: number;
}
export interface Cost {
  months: Month[];
  total: number;
  perDay: number;
}

/** `12,500.50` -> 12500.5; undefined where it is no number. */
export function parse(text: string): number | undefined {
  const plain = text.trim().replace(/[,\s'$%]/g, "");
  return /^-?\d+(\.\d+)?$/.test(plain) ? Number(plain) : undefined;
}

export const invalid = (inputs: Inputs): (keyof Inputs)[] =>
  FIELDS.filter(({ id, least, most }) => {
    const value = parse(inputs[id]);
    return value === undefined || value < least || value > most || (id === "months" && !Number.isInteger(value));
  }).map(({ id }) => id);

/** Throws GenerationError where a figure cannot be used. */
export function costOfDelay(inputs: Inputs): { cost: Cost; metadata: Record<string, unknown> } {
  const wrong = invalid(inputs);
  if (wrong.length > 0) {
    const said = FIELDS.filter(({ id }) => wrong.includes(id)).map(
      ({ label, least, most, id }) => `“${label}” takes ${id === "months" ? "whole numbers" : "numbers"} from ${least} to ${most.toLocaleString("en-GB")}`,
    );
    throw new GenerationError("invalid_inputs", `The cost cannot be worked out: ${said.join("; ")}.`, { fields: wrong });
  }
  const [revenue, workaround, growth, count] = FIELDS.map(({ id }) => parse(inputs[id]) as number) as [number, number, number, number];
  let total = 0;
  const months = Array.from({ length: count }, (_, at) => {
    const missed = Math.round(revenue * (1 + growth / 100) ** at);
    total += missed + workaround;
    return { month: at + 1, missed, workaround, total: Math.round(total) };
  });
  const cost = { months, total: Math.round(total), perDay: Math.round(total / (count * 30.4)) };
  return { cost, metadata: { months: count, total: cost.total } };
}

export const money = (value: number): string => `$${Math.round(value).toLocaleString("en-US")}`;

/** 48,000 -> `$48k`, for axes. */
export const short = (value: number): string =>
  value >= 1e6 ? `$${+(value / 1e6).toFixed(1)}M` : value >= 1000 ? `$${+(value / 1000).toFixed(1)}k` : `$${value}`;

export const rows = ({ months }: Cost): (string | number)[][] => [
  ["Month", "Missed value", "Workaround", "Total so far"],
  ...months.map(({ month, missed, workaround, total }) => [month, missed, workaround, total]),
];

export function report(cost: Cost): Doc {
  const [head, ...body] = rows(cost) as [string[], ...number[][]];
  return {
    title: "Cost of delay",
    subtitle: `As of ${today()}`,
    blocks: [
      { kind: "text", text: `Waiting ${cost.months.length} ${cost.months.length === 1 ? "month" : "months"} costs ${money(cost.total)}: ${money(cost.perDay)} every day.` },
      { kind: "heading", text: "Month by month" },
      { kind: "table", head, rows: body.map(([month, ...figures]) => [String(month), ...figures.map(money)]) },
    ],
  };
}
