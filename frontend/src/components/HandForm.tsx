import { useState, type FormEvent } from "react";

import { concerns, postJson, problemsFrom, type Problem } from "../lib/api.ts";
import { parseCards } from "../lib/cards.ts";
import { EMPTY_HAND, POSITIONS, toNewHand, type Hand, type HandForm as Form } from "../lib/hands.ts";
import { Cards } from "./PlayingCard.tsx";
import { Problems } from "./Problems.tsx";

const HINTS: Partial<Record<keyof Form, string>> = {
  hole: "As Kd",
  board: "empty, or 3 to 5 cards",
  position: "BTN",
  result: "+ or −",
};

const LABELS: Record<keyof Form, string> = {
  hole: "Hole cards",
  board: "Board",
  played_at: "Played at (empty: now)",
  position: "Position",
  stack: "Stack",
  pot: "Pot",
  result: "Result",
  notes: "Notes",
};

export function HandForm() {
  const [form, setForm] = useState<Form>(EMPTY_HAND);
  const [problems, setProblems] = useState<Problem[]>([]);
  const [busy, setBusy] = useState(false);

  const control = (field: keyof Form) => ({
    id: `hand-${field}`,
    value: form[field],
    placeholder: HINTS[field],
    "aria-invalid": problems.some((problem) => concerns(problem, field)),
    onChange: (event: { target: { value: string } }) =>
      setForm((old) => ({ ...old, [field]: event.target.value })),
  });
  const label = (field: keyof Form) => <label htmlFor={`hand-${field}`}>{LABELS[field]}</label>;
  const plain = { autoComplete: "off", autoCapitalize: "off", spellCheck: false };

  const submit = async (event: FormEvent) => {
    event.preventDefault();
    const checked = toNewHand(form);
    if ("problems" in checked) {
      setProblems(checked.problems);
      return;
    }
    setBusy(true);
    setProblems([]);
    try {
      const hand = await postJson<Hand>("/api/hands", checked.hand);
      window.location.hash = `#/hands/${hand.id}`;
    } catch (error) {
      setProblems(problemsFrom(error));
      setBusy(false);
    }
  };

  return (
    <form className="narrow" onSubmit={(event) => void submit(event)} noValidate>
      <div className="title-row">
        <h1>New hand</h1>
        <a className="button" href="#/hands">
          All hands
        </a>
      </div>
      <div className="panel">
        <div className="row row-2">
          {(["hole", "board"] as const).map((field) => (
            <div className="field" key={field}>
              <div className="label-row">
                {label(field)}
                <span aria-hidden="true">
                  <Cards cards={[...new Set(parseCards(form[field]).cards)]} none="" />
                </span>
              </div>
              <input {...control(field)} {...plain} />
            </div>
          ))}
          <div className="field">
            {label("played_at")}
            <input type="datetime-local" {...control("played_at")} />
          </div>
          <div className="field">
            {label("position")}
            <input {...control("position")} {...plain} maxLength={16} list="hand-positions" />
            <datalist id="hand-positions">
              {POSITIONS.map((position) => (
                <option key={position} value={position} />
              ))}
            </datalist>
          </div>
        </div>
        <div className="row row-3">
          {(["stack", "pot", "result"] as const).map((field) => (
            <div className="field" key={field}>
              {label(field)}
              <input {...control(field)} {...plain} inputMode={field === "result" ? "text" : "decimal"} />
            </div>
          ))}
        </div>
        <div className="field">
          {label("notes")}
          <textarea {...control("notes")} maxLength={10_000} />
        </div>
        <Problems problems={problems} />
        <div className="actions">
          <button type="submit" className="primary" disabled={busy}>
            {busy ? "Saving…" : "Save hand"}
          </button>
        </div>
      </div>
    </form>
  );
}
