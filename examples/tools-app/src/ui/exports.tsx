import { useState, type ReactNode } from "react";
import type { Doc } from "../document.js";
import { fileName, html, markdown } from "../document.js";
import { download } from "../download.js";
import { pdf } from "../pdf.js";
import { Button, Done } from "./parts.js";

const FORMATS = {
  pdf: { name: "PDF", type: "application/pdf", write: pdf },
  html: { name: "HTML", type: "text/html;charset=utf-8", write: html },
  md: { name: "Markdown", type: "text/markdown;charset=utf-8", write: markdown },
} as const;
export type Format = keyof typeof FORMATS;

interface ExportsProps {
  doc: Doc;
  formats: readonly Format[];
  /** After a file was handed over. */
  onExport: (format: string) => void;
  /** A CSV of the figures, where there are any. */
  csv?: string;
}

export function Exports({ doc, formats, onExport, csv }: ExportsProps): ReactNode {
  const [done, setDone] = useState("");
  const hand = (ending: string, type: string, content: string | Uint8Array<ArrayBuffer>): void => {
    const name = `${fileName(doc.title)}.${ending}`;
    download(name, type, content);
    setDone(`${name} is in your downloads.`);
    onExport(ending === "md" ? "markdown" : ending);
  };
  return (
    <div className="exports">
      <div className="row">
        {formats.map((format) => (
          <Button
            key={format}
            secondary
            onClick={() => hand(format, FORMATS[format].type, FORMATS[format].write(doc))}
          >
            Export {FORMATS[format].name}
          </Button>
        ))}
        {csv !== undefined && (
          <Button secondary onClick={() => hand("csv", "text/csv;charset=utf-8", csv)}>
            Export CSV
          </Button>
        )}
      </div>
      <Done>{done}</Done>
    </div>
  );
}
