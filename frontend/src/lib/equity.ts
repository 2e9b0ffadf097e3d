/** The equity form's texts, checked and turned into a request. */

import type { EquityRequest, Problem } from "./api.ts";
import { cardName, duplicates, parseCards, type Card } from "./cards.ts";

export type Place = "hole" | "board" | "villain";

export const CAPACITY: Record<Place, number> = { hole: 2, board: 5, villain: 2 };

export interface EquityForm {
  hole: string;
  board: string;
  villain: string;
  players: number;
  iterations: string;
  seed: string;
}

export const EMPTY_FORM: EquityForm = {
  hole: "",
  board: "",
  villain: "",
  players: 2,
  iterations: "",
  seed: "",
};

/** The places that the form shows: a villain's cards only heads-up. */
export function placesOf(form: EquityForm): Place[] {
  return form.players === 2 ? ["hole", "board", "villain"] : ["hole", "board"];
}

function checkCount(field: Place, cards: readonly Card[]): Problem[] {
  if (field === "hole" && cards.length !== 2) {
    return [{ field, reason: `needs exactly 2 cards, has ${cards.length}` }];
  }
  if (field === "board" && cards.length > CAPACITY.board) {
    return [{ field, reason: `takes at most 5 cards, has ${cards.length}` }];
  }
  if (field === "villain" && cards.length !== 0 && cards.length !== 2) {
    return [{ field, reason: `needs 2 cards or none, has ${cards.length}` }];
  }
  return [];
}

function wholeNumber(field: string, text: string): { value?: number; problems: Problem[] } {
  const bare = text.trim();
  if (bare === "") return { problems: [] };
  if (!/^\d+$/.test(bare)) return { problems: [{ field, reason: `"${bare}" is no whole number` }] };
  const value = Number(bare);
  // Beyond 2^53 a number would reach the server rounded.
  if (!Number.isSafeInteger(value)) return { problems: [{ field, reason: `${bare} is too large` }] };
  return { value, problems: [] };
}

/** The request, or every problem found on this side; the server checks again. */
export function toRequest(form: EquityForm): { request: EquityRequest } | { problems: Problem[] } {
  const problems: Problem[] = [];
  const cards: Record<Place, Card[]> = { hole: [], board: [], villain: [] };
  for (const place of placesOf(form)) {
    const parsed = parseCards(form[place]);
    cards[place] = parsed.cards;
    const invalid = parsed.invalid.map((word) => ({ field: place, reason: `"${word}" is no card` }));
    problems.push(...(invalid.length > 0 ? invalid : checkCount(place, parsed.cards)));
  }
  for (const card of duplicates([...cards.hole, ...cards.board, ...cards.villain])) {
    const field = [...placesOf(form)].reverse().find((place) => cards[place].includes(card)) ?? "hole";
    problems.push({ field, reason: `${cardName(card)} is used twice` });
  }
  const iterations = wholeNumber("iterations", form.iterations);
  const seed = wholeNumber("seed", form.seed);
  problems.push(...iterations.problems, ...seed.problems);
  if (problems.length > 0) return { problems };

  return {
    request: {
      hole: cards.hole,
      board: cards.board,
      players: form.players,
      ...(cards.villain.length > 0 ? { villain: cards.villain } : {}),
      ...(iterations.value === undefined ? {} : { iterations: iterations.value }),
      ...(seed.value === undefined ? {} : { seed: seed.value }),
    },
  };
}
