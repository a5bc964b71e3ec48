import type { ReactNode } from "react";
import { useKept } from "../kept.js";
import { grade, type Criterion } from "./model.js";

const MARKS = [1, 2, 3, 4, 5];

/** The criteria, and an account to try them on. */
export function Framework({ criteria }: { criteria: Criterion[] }): ReactNode {
  const [marks, setMarks] = useKept<Record<string, number>>("icp.marks", {});
  const result = grade(criteria, marks);
  return (
    <>
      <div className="scroll">
        <table className="framework">
          <thead>
            <tr>
              <th scope="col">Criterion</th>
              <th scope="col" className="num">Weight</th>
              <th scope="col">Ideal (5)</th>
              <th scope="col">Poor (1)</th>
              <th scope="col">An account of yours</th>
            </tr>
          </thead>
          <tbody>
            {criteria.map(({ name, weight, ideal, poor }) => (
              <tr key={name}>
                <th scope="row">{name}</th>
                <td className="num">{weight} %</td>
                <td>{ideal}</td>
                <td className="muted">{poor}</td>
                <td>
                  <select
                    aria-label={`Mark for ${name}`}
                    value={marks[name] ?? 3}
                    onChange={(event) => setMarks({ ...marks, [name]: Number(event.target.value) })}
                  >
                    {MARKS.map((mark) => (
                      <option key={mark}>{mark}</option>
                    ))}
                  </select>
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      <p className="result" role="status">
        <strong>{result.grade}</strong> {result.points} of 100 points.{" "}
        {result.grade === "A" ? "Call this week." : result.grade === "B" ? "Worth a first talk." : "Leave it for now."}
      </p>
    </>
  );
}
