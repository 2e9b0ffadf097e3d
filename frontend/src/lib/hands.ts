/** Hand histories: the API's shapes, and the form that makes a new one. */

import type { Problem } from "./api.ts";
import { cardName, duplicates, parseCards, type Card } from "./cards.ts";

export interface NewHand {
  /** A moment with its time zone; left out, it is the server's now. */
  played_at?: string;
  hole: Card[];
  board: Card[];
  position: string | null;
  stack: number | null;
  pot: number | null;
  /** Won (positive) or lost (negative). */
  result: number | null;
  notes: string;
}

export interface Hand extends NewHand {
  id: number;
  played_at: string;
}

export interface HandPage {
  items: Hand[];
  total: number;
  limit: number;
  offset: number;
}

export const PAGE_SIZE = 20;

export const POSITIONS = ["UTG", "UTG+1", "MP", "HJ", "CO", "BTN", "SB", "BB"] as const;

/** The form's texts, as typed. */
export interface HandForm {
  /** A datetime-local value in the reader's zone, or empty. */
  played_at: string;
  hole: string;
  board: string;
  position: string;
  stack: string;
  pot: string;
  result: string;
  notes: string;
}

export const EMPTY_HAND: HandForm = {
  played_at: "",
  hole: "",
  board: "",
  position: "",
  stack: "",
  pot: "",
  result: "",
  notes: "",
};

const AMOUNTS = ["stack", "pot", "result"] as const;

/** The hand, or every problem found on this side; the server checks again. */
export function toNewHand(form: HandForm): { hand: NewHand } | { problems: Problem[] } {
  const problems: Problem[] = [];

  const readCards = (field: "hole" | "board", counts: readonly number[], needs: string): Card[] => {
    const { cards, invalid } = parseCards(form[field]);
    problems.push(...invalid.map((word) => ({ field, reason: `"${word}" is no card` })));
    if (invalid.length === 0 && !counts.includes(cards.length)) {
      problems.push({ field, reason: `needs ${needs} cards, has ${cards.length}` });
    }
    return cards;
  };
  const hole = readCards("hole", [2], "exactly 2");
  const board = readCards("board", [0, 3, 4, 5], "0, 3, 4 or 5");
  for (const card of duplicates([...hole, ...board])) {
    const field = board.includes(card) ? "board" : "hole";
    problems.push({ field, reason: `${cardName(card)} is used twice` });
  }

  const amounts: Record<(typeof AMOUNTS)[number], number | null> = { stack: null, pot: null, result: null };
  for (const field of AMOUNTS) {
    const amount = parseAmount(form[field]);
    if (amount === undefined) problems.push({ field, reason: `"${form[field].trim()}" is no amount` });
    else amounts[field] = amount;
  }

  let playedAt: string | undefined;
  if (form.played_at !== "") {
    const date = new Date(form.played_at);
    if (Number.isNaN(date.getTime())) problems.push({ field: "played_at", reason: "is no date and time" });
    else playedAt = date.toISOString();
  }

  if (problems.length > 0) return { problems };
  return {
    hand: {
      ...(playedAt === undefined ? {} : { played_at: playedAt }),
      hole,
      board,
      position: form.position.trim() === "" ? null : form.position.trim(),
      ...amounts,
      notes: form.notes,
    },
  };
}

/** "1,250.50" is 1250.5; an empty text is null; undefined is no amount. */
function parseAmount(text: string): number | null | undefined {
  const bare = text.trim().replace(/(?<=\d),(?=\d{3}(?:\D|$))/g, "").replace("−", "-");
  if (bare === "") return null;
  if (!/^[+-]?(?:\d+\.?\d*|\.\d+)$/.test(bare)) return undefined;
  // JSON has no infinity: it would arrive as null, as if nothing had been typed.
  return Number.isFinite(Number(bare)) ? Number(bare) : undefined;
}

/** A result with its sign, or a dash. */
export function resultSign(result: number | null): "won" | "lost" | "even" {
  if (result === null || result === 0) return "even";
  return result > 0 ? "won" : "lost";
}
