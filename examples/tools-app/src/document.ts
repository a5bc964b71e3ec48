/** A document as the tools make them, and as Markdown, HTML and PDF. */
export type Block =
  | { kind: "heading"; text: string }
  | { kind: "text"; text: string }
  | { kind: "list"; items: string[] }
  | { kind: "table"; head: string[]; rows: string[][] };

export interface Doc {
  title: string;
  /** Under the title: for whom, when. */
  subtitle: string;
  blocks: Block[];
}

const inLine = (text: string): string => text.replace(/([\\`*_[\]<>|#])/g, "\\$1").replace(/\s+/g, " ");

export function markdown({ title, subtitle, blocks }: Doc): string {
  const parts = [`# ${inLine(title)}`, `*${inLine(subtitle)}*`];
  for (const block of blocks) {
    if (block.kind === "heading") parts.push(`## ${inLine(block.text)}`);
    else if (block.kind === "text") parts.push(...block.text.split(/\n\s*\n/).map(inLine));
    else if (block.kind === "list") parts.push(block.items.map((item) => `- ${inLine(item)}`).join("\n"));
    else {
      const row = (cells: string[]): string => `| ${cells.map(inLine).join(" | ")} |`;
      parts.push([row(block.head), row(block.head.map(() => "---")), ...block.rows.map(row)].join("\n"));
    }
  }
  return `${parts.join("\n\n")}\n`;
}

const escaped = (text: string): string =>
  text.replace(/[&<>"]/g, (found) => ({ "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" })[found] as string);

const LOOK =
  "body{font:16px/1.5 system-ui,sans-serif;max-width:44em;margin:3em auto;padding:0 1.5em;color:#24211d}" +
  "h1{font-size:1.75em;line-height:1.3;margin:0}h2{font-size:1.1em;margin:2em 0 .5em}.subtitle{color:#6b655c}" +
  "table{border-collapse:collapse;width:100%}th,td{text-align:left;padding:.4em .8em .4em 0;border-bottom:1px solid #e9e5de}";

export function html({ title, subtitle, blocks }: Doc): string {
  const body = blocks.map((block) => {
    if (block.kind === "heading") return `<h2>${escaped(block.text)}</h2>`;
    if (block.kind === "text") return block.text.split(/\n\s*\n/).map((text) => `<p>${escaped(text)}</p>`).join("\n");
    if (block.kind === "list") return `<ul>${block.items.map((item) => `<li>${escaped(item)}</li>`).join("")}</ul>`;
    const row = (cells: string[], tag: string): string =>
      `<tr>${cells.map((cell) => `<${tag}>${escaped(cell)}</${tag}>`).join("")}</tr>`;
    return `<table><thead>${row(block.head, "th")}</thead><tbody>${block.rows.map((one) => row(one, "td")).join("")}</tbody></table>`;
  });
  const head = `<meta charset="utf-8"><title>${escaped(title)}</title><style>${LOOK}</style>`;
  const top = `<h1>${escaped(title)}</h1>\n<p class="subtitle">${escaped(subtitle)}</p>`;
  return `<!doctype html>\n<html lang="en"><head>${head}</head><body>\n${top}\n${body.join("\n")}\n</body></html>\n`;
}

/** `Acme: the case` -> `acme-the-case` */
export const fileName = (title: string): string =>
  title.toLowerCase().replace(/[^a-z0-9]+/g, "-").replace(/^-|-$/g, "").slice(0, 60) || "document";

export const today = (): string => new Date().toLocaleDateString("en-GB", { day: "numeric", month: "long", year: "numeric" });
