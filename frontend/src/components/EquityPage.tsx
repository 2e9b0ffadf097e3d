import { useEffect, useRef, useState, type FormEvent } from "react";

import { concerns, isAbort, postJson, problemsFrom, type Equity, type Problem } from "../lib/api.ts";
import { formatCards, parseCards, type Card } from "../lib/cards.ts";
import {
  CAPACITY,
  EMPTY_FORM,
  placesOf,
  toRequest,
  type EquityForm,
  type Place,
} from "../lib/equity.ts";
import { CardPicker } from "./CardPicker.tsx";
import { EquityResult } from "./EquityResult.tsx";
import { PlayingCard } from "./PlayingCard.tsx";
import { Problems } from "./Problems.tsx";

const PLACE_NAMES: Record<Place, string> = {
  hole: "Hole cards",
  board: "Board",
  villain: "Villain",
};

const PLACE_HINTS: Record<Place, string> = {
  hole: "As Kd",
  board: "empty, or up to 5 cards",
  villain: "any two cards",
};

const PLAYER_COUNTS = [2, 3, 4, 5, 6, 7, 8, 9];

interface PlaceProps {
  place: Place;
  text: string;
  active: boolean;
  invalid: boolean;
  onActivate: () => void;
  onText: (text: string) => void;
}

function PlaceField({ place, text, active, invalid, onActivate, onText }: PlaceProps) {
  const { cards, invalid: words } = parseCards(text);
  const free = Math.max(0, CAPACITY[place] - cards.length);
  return (
    <div className={active ? "place place-active" : "place"} onClick={onActivate}>
      <label htmlFor={`equity-${place}`}>{PLACE_NAMES[place]}</label>
      <div className="slots" aria-hidden="true">
        {cards.map((card, index) => (
          <PlayingCard key={`${card}${index}`} card={card} />
        ))}
        {Array.from({ length: free }, (_, index) => (
          <span key={index} className="card card-empty" />
        ))}
      </div>
      <input
        id={`equity-${place}`}
        value={text}
        placeholder={PLACE_HINTS[place]}
        autoComplete="off"
        autoCapitalize="off"
        spellCheck={false}
        aria-invalid={invalid || words.length > 0}
        onChange={(event) => {
          // Not on focus: tabbing past the rows on the way to the deck must not choose one.
          onActivate();
          onText(event.target.value);
        }}
        onBlur={() => {
          const tidy = formatCards(cards);
          if (words.length === 0 && tidy !== text) onText(tidy);
        }}
      />
    </div>
  );
}

/** Where the next clicked card goes: the active place, or the first one after it with room. */
function nextPlace(form: EquityForm, active: Place): Place {
  const places = placesOf(form);
  const from = Math.max(0, places.indexOf(active));
  const hasRoom = (place: Place) => parseCards(form[place]).cards.length < CAPACITY[place];
  return places.slice(from).find(hasRoom) ?? places[from] ?? "hole";
}

export function EquityPage() {
  const [form, setForm] = useState<EquityForm>(EMPTY_FORM);
  const [active, setActive] = useState<Place>("hole");
  const [problems, setProblems] = useState<Problem[]>([]);
  const [result, setResult] = useState<{ equity: Equity; question: string } | null>(null);
  const [busy, setBusy] = useState(false);
  const pending = useRef<AbortController | null>(null);
  useEffect(() => () => pending.current?.abort(), []);

  const places = placesOf(form);
  const target = places.includes(active) ? active : "hole";
  const used = new Map<Card, string>();
  for (const place of places) {
    for (const card of parseCards(form[place]).cards) used.set(card, PLACE_NAMES[place]);
  }
  const full = parseCards(form[target]).cards.length >= CAPACITY[target];
  const invalid = (field: string) => problems.some((problem) => concerns(problem, field));

  const toggle = (card: Card) => {
    const next = { ...form };
    if (used.has(card)) {
      for (const place of places) {
        const { cards } = parseCards(form[place]);
        if (cards.includes(card)) {
          next[place] = formatCards(cards.filter((other) => other !== card));
          setActive(place);
        }
      }
    } else {
      next[target] = formatCards([...parseCards(form[target]).cards, card]);
      setActive(nextPlace(next, target));
    }
    setForm(next);
  };

  const submit = async (event: FormEvent) => {
    event.preventDefault();
    const checked = toRequest(form);
    if ("problems" in checked) {
      setProblems(checked.problems);
      return;
    }
    pending.current?.abort();
    const stop = new AbortController();
    pending.current = stop;
    setBusy(true);
    setProblems([]);
    try {
      const equity = await postJson<Equity>("/api/equity", checked.request, stop.signal);
      setResult({ equity, question: JSON.stringify(checked) });
    } catch (error) {
      if (isAbort(error)) return;
      setProblems(problemsFrom(error));
      setResult(null);
    } finally {
      if (pending.current === stop) setBusy(false);
    }
  };

  const clear = () => {
    pending.current?.abort();
    setForm(EMPTY_FORM);
    setActive("hole");
    setProblems([]);
    setResult(null);
    setBusy(false);
  };

  return (
    <form className="equity" onSubmit={(event) => void submit(event)} noValidate>
      <h1>Equity calculator</h1>
      <section className="panel inputs" aria-label="Cards">
        <div className="places">
          {places.map((place) => (
            <PlaceField
              key={place}
              place={place}
              text={form[place]}
              active={place === target}
              invalid={invalid(place)}
              onActivate={() => setActive(place)}
              onText={(text) => setForm((old) => ({ ...old, [place]: text }))}
            />
          ))}
        </div>
        <fieldset className="targets">
          <legend>{full ? "This row is full; picked cards go to" : "Picked cards go to"}</legend>
          {places.map((place) => (
            <label key={place}>
              <input
                type="radio"
                name="equity-target"
                checked={place === target}
                onChange={() => setActive(place)}
              />
              {PLACE_NAMES[place]}
            </label>
          ))}
        </fieldset>
        <CardPicker target={PLACE_NAMES[target].toLowerCase()} full={full} used={used} onToggle={toggle} />
      </section>

      <section className="panel settings" aria-label="Settings and result">
        <div className="row row-3">
          <div className="field">
            <label htmlFor="equity-players">Players</label>
            <select
              id="equity-players"
              value={form.players}
              aria-invalid={invalid("players")}
              onChange={(event) => setForm({ ...form, players: Number(event.target.value) })}
            >
              {PLAYER_COUNTS.map((count) => (
                <option key={count}>{count}</option>
              ))}
            </select>
          </div>
          <div className="field">
            <label htmlFor="equity-iterations">Iterations</label>
            <input
              id="equity-iterations"
              inputMode="numeric"
              autoComplete="off"
              placeholder="10000"
              value={form.iterations}
              aria-invalid={invalid("iterations")}
              onChange={(event) => setForm({ ...form, iterations: event.target.value })}
            />
          </div>
          <div className="field">
            <label htmlFor="equity-seed">Seed</label>
            <input
              id="equity-seed"
              inputMode="numeric"
              autoComplete="off"
              placeholder="0"
              value={form.seed}
              aria-invalid={invalid("seed")}
              onChange={(event) => setForm({ ...form, seed: event.target.value })}
            />
          </div>
        </div>
        <div className="actions">
          <button type="submit" className="primary" disabled={busy}>
            {busy ? "Calculating…" : "Calculate"}
          </button>
          <button type="button" onClick={clear}>
            Clear
          </button>
        </div>
        <Problems problems={problems} />
        <div aria-live="polite">
          {result === null ? (
            problems.length === 0 && (
              <p className="quiet">Pick two hole cards and calculate; the board may stay empty.</p>
            )
          ) : (
            <EquityResult equity={result.equity} stale={result.question !== JSON.stringify(toRequest(form))} />
          )}
        </div>
      </section>
    </form>
  );
}
