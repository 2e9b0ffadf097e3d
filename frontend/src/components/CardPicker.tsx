import { useRef, useState, type KeyboardEvent } from "react";

import { cardName, RANKS, SUITS, suitOf, type Card } from "../lib/cards.ts";
import { CardFace } from "./PlayingCard.tsx";

const DECK: readonly Card[] = SUITS.flatMap((suit) => RANKS.map((rank): Card => `${rank}${suit}`));

const STEPS: Record<string, number> = {
  ArrowLeft: -1,
  ArrowRight: 1,
  ArrowUp: -RANKS.length,
  ArrowDown: RANKS.length,
};

interface Props {
  /** What a click fills, for example "hole cards". */
  target: string;
  full: boolean;
  /** Where each card already lies. */
  used: ReadonlyMap<Card, string>;
  onToggle: (card: Card) => void;
}

/** The deck as one tab stop: arrows move over it, Enter or Space picks or puts back. */
export function CardPicker({ target, full, used, onToggle }: Props) {
  const [current, setCurrent] = useState(0);
  const buttons = useRef<(HTMLButtonElement | null)[]>([]);

  const move = (event: KeyboardEvent) => {
    let next: number;
    if (event.key === "Home") next = 0;
    else if (event.key === "End") next = DECK.length - 1;
    else if (event.key in STEPS) next = current + (STEPS[event.key] ?? 0);
    else return;
    event.preventDefault();
    if (next < 0 || next >= DECK.length) return;
    setCurrent(next);
    buttons.current[next]?.focus();
  };

  return (
    <div className="picker" role="group" aria-label={`Deck, fills ${target}`} onKeyDown={move}>
      {DECK.map((card, index) => {
        const place = used.get(card);
        return (
          <button
            key={card}
            ref={(element) => {
              buttons.current[index] = element;
            }}
            type="button"
            className={`pick suit-${suitOf(card)}`}
            tabIndex={index === current ? 0 : -1}
            aria-pressed={place !== undefined}
            aria-disabled={place === undefined && full}
            aria-label={place === undefined ? cardName(card) : `${cardName(card)}, in ${place}`}
            onFocus={() => setCurrent(index)}
            onClick={() => {
              if (place !== undefined || !full) onToggle(card);
            }}
          >
            <CardFace card={card} />
          </button>
        );
      })}
    </div>
  );
}
