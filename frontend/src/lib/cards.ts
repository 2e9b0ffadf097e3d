/** Card notation: rank then suit, for example "As", "Td", "2c". */

export const RANKS = ["A", "K", "Q", "J", "T", "9", "8", "7", "6", "5", "4", "3", "2"] as const;
export const SUITS = ["s", "h", "d", "c"] as const;

export type Rank = (typeof RANKS)[number];
export type Suit = (typeof SUITS)[number];
export type Card = `${Rank}${Suit}`;

export const SUIT_SYMBOLS: Record<Suit, string> = { s: "♠", h: "♥", d: "♦", c: "♣" };

const SUIT_NAMES: Record<Suit, string> = { s: "spades", h: "hearts", d: "diamonds", c: "clubs" };

const RANK_NAMES: Record<Rank, string> = {
  A: "Ace",
  K: "King",
  Q: "Queen",
  J: "Jack",
  T: "Ten",
  "9": "Nine",
  "8": "Eight",
  "7": "Seven",
  "6": "Six",
  "5": "Five",
  "4": "Four",
  "3": "Three",
  "2": "Two",
};

const SUIT_ALIASES: Record<string, Suit> = {
  s: "s",
  h: "h",
  d: "d",
  c: "c",
  "♠": "s",
  "♤": "s",
  "♥": "h",
  "♡": "h",
  "♦": "d",
  "♢": "d",
  "♣": "c",
  "♧": "c",
};

export function rankOf(card: Card): Rank {
  return card.charAt(0) as Rank;
}

export function suitOf(card: Card): Suit {
  return card.charAt(1) as Suit;
}

/** "As" is spoken "Ace of spades". */
export function cardName(card: Card): string {
  return `${RANK_NAMES[rankOf(card)]} of ${SUIT_NAMES[suitOf(card)]}`;
}

/** One card in loose notation ("as", "10♥", "A♠"), or null. */
export function parseCard(text: string): Card | null {
  // A variation selector (U+FE0F) follows suit symbols typed as emoji.
  const bare = text.trim().replace(/\uFE0F/g, "").replace(/^10/, "T");
  if (bare.length !== 2) return null;
  const rank = bare.charAt(0).toUpperCase();
  const suit = SUIT_ALIASES[bare.charAt(1).toLowerCase()];
  if (suit === undefined || !(RANKS as readonly string[]).includes(rank)) return null;
  return `${rank as Rank}${suit}`;
}

export interface ParsedCards {
  cards: Card[];
  /** Pieces of the text that are no card. */
  invalid: string[];
}

/** Several cards, separated by blanks, commas, or nothing at all: "As Kd", "AsKd", "10h,9h". */
export function parseCards(text: string): ParsedCards {
  const cards: Card[] = [];
  const invalid: string[] = [];
  const words = text.replace(/\uFE0F/g, "").split(/[\s,;|/]+/).filter((word) => word !== "");
  for (const word of words) {
    const pieces = word.match(/(?:10|.).?/gu) ?? [];
    const parsed = pieces.map(parseCard);
    if (parsed.every((card): card is Card => card !== null)) cards.push(...parsed);
    else invalid.push(word);
  }
  return { cards, invalid };
}

export function formatCards(cards: readonly Card[]): string {
  return cards.join(" ");
}

/** Cards that occur more than once, each named once. */
export function duplicates(cards: readonly Card[]): Card[] {
  return [...new Set(cards.filter((card, index) => cards.indexOf(card) !== index))];
}
