import { useEffect, useId, useLayoutEffect, useRef, useState, type FormEvent, type ReactNode } from "react";
import type { Game, GameProfile } from "@milepost/browser";
import { Refusal } from "../source.js";
import { Note } from "./frame.js";

type Choice = Pick<Game, "leaderboard" | "display_name">;

interface JoiningProps {
  choice: Choice;
  save(profile: GameProfile): Promise<void>;
  open: boolean;
  setOpen(open: boolean): void;
}

const WAYS: { value: Choice["leaderboard"]; name: string; hint: string }[] = [
  { value: "off", name: "Not on it", hint: "Nobody sees your points." },
  { value: "anonymous", name: "As “Somebody”", hint: "Others see your place and points." },
  { value: "named", name: "With a name", hint: "They see the name as well." },
];
const LONGEST_NAME = 60;

/** How the customer appears: in a sentence, and as a form to change it. */
export function Joining({ choice, save, open, setOpen }: JoiningProps): ReactNode {
  const opener = useRef<HTMLButtonElement>(null);
  const closed = useRef(false);
  useLayoutEffect(() => {
    if (!open && closed.current) opener.current?.focus();
    closed.current = false;
  }, [open]);
  const close = (): void => {
    closed.current = true;
    setOpen(false);
  };
  if (open) return <Form choice={choice} save={save} close={close} />;
  return (
    <div className="mp-line mp-joining">
      <span className="mp-aside" role="status">{appears(choice)}</span>
      <button ref={opener} type="button" className={`mp-button${choice.leaderboard === "off" ? " mp-main" : ""}`} onClick={() => setOpen(true)}>
        {choice.leaderboard === "off" ? "Join" : "Change"}
        <span className="mp-sr"> {choice.leaderboard === "off" ? "the leaderboard" : "how you appear on the leaderboard"}</span>
      </button>
    </div>
  );
}

function appears({ leaderboard, display_name }: Choice): ReactNode {
  if (leaderboard === "off") return "You are not on it.";
  if (leaderboard === "anonymous") return "You appear as “Somebody”.";
  return <>You appear as <bdi>{display_name}</bdi>.</>;
}

function Form({ choice, save, close }: Pick<JoiningProps, "choice" | "save"> & { close(): void }): ReactNode {
  const id = useId();
  const [way, setWay] = useState<Choice["leaderboard"]>(choice.leaderboard === "off" ? "anonymous" : choice.leaderboard);
  const [name, setName] = useState(choice.display_name ?? "");
  const [problem, setProblem] = useState<{ text: string; field: boolean } | null>(null);
  const [saving, setSaving] = useState(false);
  const field = useRef<HTMLInputElement>(null);
  const first = useRef<HTMLFieldSetElement>(null);
  useEffect(() => {
    first.current?.querySelector<HTMLElement>("input:checked")?.focus();
  }, []);
  const failed = (text: string, about: boolean): void => {
    setProblem({ text, field: about });
    if (about) field.current?.focus();
  };
  const submit = async (event: FormEvent): Promise<void> => {
    event.preventDefault();
    if (saving) return;
    const display_name = name.trim() === "" ? null : name.trim();
    if (way === "named" && display_name === null) return failed("Enter the name that others should see.", true);
    setProblem(null);
    setSaving(true);
    try {
      await save({ leaderboard: way, display_name });
      close();
    } catch (error) {
      setSaving(false);
      if (error instanceof Refusal) failed(error.message, error.field === "display_name" && way === "named");
      else failed("That could not be saved. Please try again.", false);
    }
  };
  return (
    <form className="mp-form" onSubmit={(event) => void submit(event)} noValidate>
      <fieldset ref={first}>
        <legend>How you appear</legend>
        {WAYS.map(({ value, name: words, hint }) => (
          <label key={value} className="mp-way">
            <input
              type="radio"
              name={`${id}-way`}
              value={value}
              checked={way === value}
              onChange={() => setWay(value)}
              aria-describedby={`${id}-${value}`}
            />
            <span>
              {words}
              <small id={`${id}-${value}`}>{hint}</small>
            </span>
          </label>
        ))}
      </fieldset>
      {way === "named" && (
        <div className="mp-field">
          <label htmlFor={`${id}-name`}>Name</label>
          <input
            ref={field}
            id={`${id}-name`}
            value={name}
            maxLength={LONGEST_NAME}
            autoComplete="off"
            aria-invalid={problem?.field ?? false}
            aria-describedby={problem?.field ? `${id}-problem` : undefined}
            onChange={(event) => setName(event.target.value)}
          />
        </div>
      )}
      <div role="alert">{problem !== null && <p id={`${id}-problem`} className="mp-problem">{problem.text}</p>}</div>
      <div className="mp-buttons">
        <button type="submit" className="mp-button mp-main" aria-disabled={saving}>
          {saving ? "Saving…" : "Save"}
        </button>
        <button type="button" className="mp-button" onClick={close}>
          Cancel
        </button>
      </div>
      {way !== "off" && <Note>You can leave at any time.</Note>}
    </form>
  );
}
