import type { Doc } from "../document.js";
import { today } from "../document.js";
import { GenerationError } from "../tracking.js";

/** What one knows of the product and whom it is for. */
export interface Answers {
  product: string;
  industry: string;
  size: string;
  problem: string;
  buyer: string;
  trigger: string;
}
export const NO_ANSWERS: Answers = { product: "", industry: "", size: "", problem: "", buyer: "", trigger: "" };
export const EXAMPLE: Answers = {
  product: "Scheduling software that plans field technicians' days around parts and traffic",
  industry: "Heating and cooling service companies",
  size: "40 to 250 employees",
  problem: "A third of visits fail because the part is not on the van, and customers leave after the second one",
  buyer: "Head of operations",
  trigger: "A new branch, or the third bad review in a month",
};

export const QUESTIONS: { id: keyof Answers; label: string; hint: string; rows?: number }[] = [
  { id: "product", label: "What do you sell?", hint: "What it does, in one sentence.", rows: 2 },
  { id: "industry", label: "Who buys it today?", hint: "The industry of your three best customers." },
  { id: "size", label: "How large are they?", hint: "Employees, sites or revenue." },
  { id: "problem", label: "What hurts when they do not have it?", hint: "What it costs them, if you know.", rows: 2 },
  { id: "buyer", label: "Who signs?", hint: "A role, not a name." },
  { id: "trigger", label: "What happens just before they look for it?", hint: "The event that starts the search." },
];
export const NEEDED = 4;

export interface Criterion {
  name: string;
  /** Percent; all add up to 100. */
  weight: number;
  ideal: string;
  poor: string;
}
export interface Persona {
  role: string;
  name: string;
  wants: string;
  asks: string;
}

const words = (text: string): number => text.trim().split(/\s+/).filter(Boolean).length;
export const answered = (answers: Answers): (keyof Answers)[] =>
  QUESTIONS.filter(({ id }) => answers[id].trim() !== "").map(({ id }) => id);

/** Throws GenerationError where fewer than four questions have an answer. */
function demand(answers: Answers, what: string): void {
  const known = answered(answers);
  if (known.length >= NEEDED) return;
  const missing = QUESTIONS.filter(({ id }) => !known.includes(id));
  const list = missing.map(({ label }) => `“${label}”`).join(", ");
  throw new GenerationError(
    "too_few_answers",
    `${what} needs ${NEEDED} answers and has ${known.length}. Answer ${NEEDED - known.length} more of: ${list}`,
    { answered: known.length, needed: NEEDED, missing: missing.map(({ id }) => id) },
  );
}

const CRITERIA: { id: keyof Answers; name: string; base: number; ideal: (answer: string) => string; poor: string }[] = [
  { id: "problem", name: "Problem", base: 30, ideal: (a) => `Has this, and says so: ${a}`, poor: "Knows the problem from hearsay" },
  { id: "industry", name: "Industry", base: 20, ideal: (a) => a, poor: "An industry you have no customer in" },
  { id: "trigger", name: "Timing", base: 20, ideal: (a) => `Lately: ${a}`, poor: "Nothing has changed for a year" },
  { id: "buyer", name: "Access to the buyer", base: 15, ideal: (a) => `${a} is in the first meeting`, poor: "Two steps away from who signs" },
  { id: "size", name: "Size", base: 10, ideal: (a) => a, poor: "Half or double of that" },
  { id: "product", name: "Fit of the product", base: 5, ideal: (a) => `Needs exactly this: ${a}`, poor: "Would need something built first" },
];

/** What is answered in detail weighs more: there one can tell a good account from a poor one. */
export function rate(answers: Answers): { criteria: Criterion[]; metadata: Record<string, unknown> } {
  demand(answers, "The framework");
  const used = CRITERIA.filter(({ id }) => answers[id].trim() !== "");
  const raw = used.map(({ id, base }) => base * (1 + Math.min(words(answers[id]), 12) / 12));
  const sum = raw.reduce((all, one) => all + one, 0);
  const weights = raw.map((one) => Math.round((100 * one) / sum));
  weights[0] = (weights[0] ?? 0) + 100 - weights.reduce((all, one) => all + one, 0);
  const criteria = used.map(({ id, name, ideal, poor }, at) => ({
    name,
    weight: weights[at] ?? 0,
    ideal: ideal(answers[id].trim()),
    poor,
  }));
  return { criteria, metadata: { criteria: criteria.length, answers: answered(answers).length } };
}

/** 0-100 from marks of 1-5, and the grade. */
export function grade(criteria: Criterion[], marks: Record<string, number>): { points: number; grade: string } {
  const points = criteria.reduce((sum, { name, weight }) => sum + (weight * ((marks[name] ?? 3) - 1)) / 4, 0);
  return { points: Math.round(points), grade: points >= 75 ? "A" : points >= 50 ? "B" : "C" };
}

export function draft(answers: Answers): { personas: Persona[]; metadata: Record<string, unknown> } {
  demand(answers, "A set of personas");
  const { problem, buyer, trigger, product, size } = answers;
  const personas = [
    {
      role: "Signs",
      name: buyer || "The budget owner",
      wants: problem ? `To be rid of this: ${problem}` : "A result that can be shown upstairs",
      asks: `What does waiting another quarter cost us${size ? `, at ${size}` : ""}?`,
    },
    {
      role: "Champions",
      name: "Team lead next to the problem",
      wants: trigger ? `An answer to what just happened: ${trigger}` : "To be the one who fixed it",
      asks: "Can I show it to two colleagues on Thursday?",
    },
    {
      role: "Uses it",
      name: "Who does the work",
      wants: product ? `Less of what this replaces: ${product}` : "Fewer steps, not one more tool",
      asks: "What happens to the way I do it now?",
    },
  ];
  return { personas, metadata: { personas: personas.length } };
}

export function report(answers: Answers, criteria: Criterion[], personas: Persona[]): Doc {
  return {
    title: "Ideal customer profile",
    subtitle: `As of ${today()}`,
    blocks: [
      { kind: "heading", text: "What we know" },
      { kind: "table", head: ["Question", "Answer"], rows: QUESTIONS.map(({ id, label }) => [label, answers[id] || "not known yet"]) },
      { kind: "heading", text: "How we rate an account" },
      { kind: "table", head: ["Criterion", "Weight", "Ideal", "Poor"], rows: criteria.map((c) => [c.name, `${c.weight} %`, c.ideal, c.poor]) },
      { kind: "heading", text: "Whom we talk to" },
      { kind: "table", head: ["Person", "Part", "Wants", "Asks"], rows: personas.map((p) => [p.name, p.role, p.wants, p.asks]) },
    ],
  };
}
