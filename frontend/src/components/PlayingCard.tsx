import { cardName, rankOf, SUIT_SYMBOLS, suitOf, type Card } from "../lib/cards.ts";

/** A card's face; the name is for screen readers, the face for eyes. */
export function PlayingCard({ card }: { card: Card }) {
  return (
    <span className={`card suit-${suitOf(card)}`} role="img" aria-label={cardName(card)}>
      <CardFace card={card} />
    </span>
  );
}

export function CardFace({ card }: { card: Card }) {
  return (
    <>
      <span className="rank">{rankOf(card)}</span>
      <span className="suit">{SUIT_SYMBOLS[suitOf(card)]}</span>
    </>
  );
}

export function Cards({ cards, none = "–" }: { cards: readonly Card[]; none?: string }) {
  if (cards.length === 0) return <span className="quiet">{none}</span>;
  return (
    <span className="cards">
      {cards.map((card) => (
        <PlayingCard key={card} card={card} />
      ))}
    </span>
  );
}
