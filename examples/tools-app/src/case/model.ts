import { money, type Cost } from "../cost/model.js";
import type { Doc } from "../document.js";
import { today } from "../document.js";
import { GenerationError } from "../tracking.js";

export interface Section {
  id: string;
  name: string;
  hint: string;
  included: boolean;
  text: string;
}

const section = (id: string, name: string, hint: string): Section => ({ id, name, hint, included: true, text: "" });
export const SECTIONS: Section[] = [
  section("situation", "Where we are", "What happens today, in numbers if there are some."),
  section("cost", "What waiting costs", "From the cost calculator, or in your words."),
  section("proposal", "What we propose", "The change, and who does what."),
  section("result", "What it brings", "What will be different, and how you will know."),
  section("risk", "What could go wrong", "The two likeliest, and what you do then."),
  section("ask", "What we ask for", "The decision, the money, the date."),
];
export const NEEDED = 3;

export const written = (sections: Section[]): Section[] =>
  sections.filter(({ included, text }) => included && text.trim() !== "");

/** Throws GenerationError where fewer than three sections are written. */
export function assemble(title: string, sections: Section[]): { doc: Doc; metadata: Record<string, unknown> } {
  const ready = written(sections);
  if (ready.length < NEEDED) {
    const empty = sections.filter(({ included, text }) => included && text.trim() === "");
    const more = empty.length > 0 ? ` Still empty: ${empty.map(({ name }) => `“${name}”`).join(", ")}.` : " Include more in the outline.";
    throw new GenerationError("too_few_sections", `A case needs ${NEEDED} written sections and has ${ready.length}.${more}`, {
      written: ready.length,
      needed: NEEDED,
      empty: empty.map(({ id }) => id),
    });
  }
  const doc: Doc = {
    title: title.trim() || "Business case",
    subtitle: `As of ${today()}`,
    blocks: ready.flatMap(({ name, text }): Doc["blocks"] => [
      { kind: "heading", text: name },
      { kind: "text", text: text.trim() },
    ]),
  };
  const words = ready.reduce((sum, { text }) => sum + text.trim().split(/\s+/).length, 0);
  return { doc, metadata: { sections: ready.length, words } };
}

export const costInWords = (cost: Cost): string =>
  `Every day without a decision costs ${money(cost.perDay)}. Over ${cost.months.length} months that is ${money(cost.total)}, of which ${money(cost.months.reduce((sum, { missed }) => sum + missed, 0))} is value we do not get.`;
