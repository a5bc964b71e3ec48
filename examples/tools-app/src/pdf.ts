import type { Doc } from "./document.js";

/*
 * A PDF of text and tables in Helvetica, which every reader has: nothing is embedded, so the few objects a
 * PDF needs are written here, in a hundredth of the size of a library that does everything.
 */

/** Widths of ASCII 32-126 in Helvetica, in thousandths of the size. */
const WIDTHS = (
  "278 278 355 556 556 889 667 191 333 333 389 584 278 333 278 278 556 556 556 556 556 556 556 556 556 556 278 278 584 " +
  "584 584 556 1015 667 667 722 722 667 611 778 722 278 500 667 556 833 722 778 667 778 722 667 611 722 667 944 667 667 " +
  "611 278 278 278 469 556 333 556 556 500 556 556 278 556 556 222 222 500 222 833 556 556 556 556 333 500 278 556 500 " +
  "722 500 500 500 334 260 334 584"
).split(" ").map(Number);

/** Characters of WinAnsi outside Latin-1. */
const WIN_ANSI: Record<string, number> = {
  "€": 128, "…": 133, "‘": 145, "’": 146, "“": 147, "”": 148, "•": 149, "–": 150, "—": 151, "™": 153,
};

const PAGE = { width: 595, height: 842, margin: 56 };
const INNER = PAGE.width - 2 * PAGE.margin;

/** One byte a character; what the font has not is a question mark. */
function encode(text: string): string {
  return Array.from(text.normalize("NFC"), (char) => {
    const code = WIN_ANSI[char] ?? char.charCodeAt(0);
    if (code === 10 || code === 9) return " ";
    return code < 32 || code > 255 || char.length > 1 ? "?" : String.fromCharCode(code);
  }).join("");
}

const widthOf = (text: string, size: number): number => {
  let width = 0;
  for (let at = 0; at < text.length; at++) width += WIDTHS[text.charCodeAt(at) - 32] ?? 556;
  return (width * size) / 1000;
};

function wrap(text: string, size: number, room: number): string[] {
  const lines: string[] = [];
  let line = "";
  for (let word of encode(text).split(/ +/)) {
    while (widthOf(word, size) > room) {
      let end = word.length;
      while (end > 1 && widthOf(word.slice(0, end), size) > room) end--;
      if (line !== "") lines.push(line);
      line = "";
      lines.push(word.slice(0, end));
      word = word.slice(end);
    }
    const longer = line === "" ? word : `${line} ${word}`;
    if (widthOf(longer, size) <= room) line = longer;
    else {
      lines.push(line);
      line = word;
    }
  }
  if (line !== "") lines.push(line);
  return lines;
}

/** Puts lines onto pages, from the top. */
class Pages {
  readonly streams: string[] = [];
  private y = 0;

  /** Begins a page where less than `height` is left. */
  need(height: number): void {
    if (this.streams.length > 0 && this.y - height >= PAGE.margin) return;
    this.streams.push("");
    this.y = PAGE.height - PAGE.margin;
  }

  space(height: number): void {
    this.y -= height;
  }

  /** One baseline with texts at their places; `bold` is font F2. */
  line(texts: { x: number; text: string }[], size: number, bold: boolean, grey: boolean): void {
    this.need(size * 1.45);
    this.y -= size * 1.45;
    const ink = grey ? "0.42 0.4 0.36 rg" : "0.14 0.13 0.11 rg";
    for (const { x, text } of texts) {
      const shown = text.replace(/[\\()]/g, "\\$&");
      this.add(`BT ${ink} /F${bold ? 2 : 1} ${size} Tf ${(PAGE.margin + x).toFixed(1)} ${this.y.toFixed(1)} Td (${shown}) Tj ET`);
    }
  }

  rule(): void {
    const y = (this.y - 4).toFixed(1);
    this.add(`0.85 0.83 0.8 RG 0.5 w ${PAGE.margin} ${y} m ${PAGE.width - PAGE.margin} ${y} l S`);
    this.y -= 4;
  }

  private add(operators: string): void {
    this.streams[this.streams.length - 1] += `${operators}\n`;
  }
}

function set({ title, subtitle, blocks }: Doc): string[] {
  const pages = new Pages();
  const text = (given: string, size: number, look: { bold?: boolean; grey?: boolean; x?: number } = {}): void => {
    const x = look.x ?? 0;
    for (const line of wrap(given, size, INNER - x)) {
      pages.line([{ x, text: line }], size, look.bold ?? false, look.grey ?? false);
    }
  };
  text(title, 20, { bold: true });
  text(subtitle, 10, { grey: true });
  for (const block of blocks) {
    if (block.kind === "heading") {
      pages.need(72); // a heading never stands alone at the foot
      pages.space(16);
      text(block.text, 13, { bold: true });
      pages.space(2);
    } else if (block.kind === "text") {
      for (const paragraph of block.text.split(/\n\s*\n/)) {
        text(paragraph, 10.5);
        pages.space(6);
      }
    } else if (block.kind === "list") {
      for (const item of block.items) text(`•  ${item}`, 10.5, { x: 8 });
    } else {
      const column = INNER / block.head.length;
      for (const [index, row] of [block.head, ...block.rows].entries()) {
        const cells = row.map((cell) => wrap(cell, 9.5, column - 8));
        const height = Math.max(...cells.map((lines) => lines.length));
        pages.need(height * 14 + 4);
        for (let line = 0; line < height; line++) {
          const texts = cells.map((lines, place) => ({ x: place * column, text: lines[line] ?? "" }));
          pages.line(texts, 9.5, index === 0, false);
        }
        pages.rule();
      }
    }
  }
  return pages.streams;
}

/** The document as a PDF 1.4 file. */
export function pdf(doc: Doc): Uint8Array<ArrayBuffer> {
  const streams = set(doc);
  const font = (name: string): string => `<< /Type /Font /Subtype /Type1 /BaseFont /${name} /Encoding /WinAnsiEncoding >>`;
  const title = encode(doc.title).replace(/[\\()]/g, "\\$&");
  const first = 6; // objects 1-5: catalogue, pages, two fonts, the title
  const objects = [
    "<< /Type /Catalog /Pages 2 0 R >>",
    `<< /Type /Pages /Count ${streams.length} /Kids [${streams.map((_, at) => `${first + 2 * at} 0 R`).join(" ")}] >>`,
    font("Helvetica"),
    font("Helvetica-Bold"),
    `<< /Title (${title}) /Producer (Milepost tools) >>`,
  ];
  for (const [at, stream] of streams.entries()) {
    const resources = "<< /Font << /F1 3 0 R /F2 4 0 R >> >>";
    objects.push(
      `<< /Type /Page /Parent 2 0 R /MediaBox [0 0 ${PAGE.width} ${PAGE.height}] /Resources ${resources} /Contents ${first + 2 * at + 1} 0 R >>`,
      `<< /Length ${stream.length} >>\nstream\n${stream}endstream`,
    );
  }
  let file = "%PDF-1.4\n%\xe2\xe3\xcf\xd3\n";
  const offsets = objects.map((object, at) => {
    const offset = file.length;
    file += `${at + 1} 0 obj\n${object}\nendobj\n`;
    return offset;
  });
  const table = offsets.map((offset) => `${String(offset).padStart(10, "0")} 00000 n \n`).join("");
  const trailer = `trailer\n<< /Size ${objects.length + 1} /Root 1 0 R /Info 5 0 R >>\nstartxref\n${file.length}\n%%EOF\n`;
  file += `xref\n0 ${objects.length + 1}\n0000000000 65535 f \n${table}${trailer}`;
  return Uint8Array.from(file, (char) => char.charCodeAt(0));
}
