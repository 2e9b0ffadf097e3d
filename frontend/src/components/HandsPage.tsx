import { useState } from "react";

import { formatAmount, formatCount, formatDate, formatResult } from "../lib/format.ts";
import { PAGE_SIZE, resultSign, type Hand, type HandPage } from "../lib/hands.ts";
import { Cards } from "./PlayingCard.tsx";
import { Problems } from "./Problems.tsx";
import { useLoaded } from "./useLoaded.ts";

function HandLink({ hand }: { hand: Hand }) {
  return (
    <a href={`#/hands/${hand.id}`}>
      <span className="name">
        {formatDate(hand.played_at)}
        {hand.position !== null && <span className="quiet"> · {hand.position}</span>}
      </span>
      <span className="hand-cards">
        <Cards cards={hand.hole} />
        {hand.board.length > 0 && (
          <>
            <span className="quiet">on</span>
            <Cards cards={hand.board} />
          </>
        )}
      </span>
      <span className="hand-money number">
        <span className="quiet">Pot {formatAmount(hand.pot)}</span>
        <span className={`money-${resultSign(hand.result)}`}>Result {formatResult(hand.result)}</span>
      </span>
    </a>
  );
}

export function HandsPage() {
  const [offset, setOffset] = useState(0);
  const loaded = useLoaded<HandPage>(`/api/hands?limit=${PAGE_SIZE}&offset=${offset}`);

  return (
    <>
      <div className="title-row">
        <h1>Hand histories</h1>
        <a className="button primary" href="#/hands/new">
          New hand
        </a>
      </div>
      {loaded.kind === "loading" && <p role="status">Loading…</p>}
      {loaded.kind === "failed" && <Problems problems={loaded.problems} />}
      {loaded.kind === "loaded" && (
        <HandList page={loaded.value} offset={offset} onOffset={setOffset} />
      )}
    </>
  );
}

interface ListProps {
  page: HandPage;
  offset: number;
  onOffset: (offset: number) => void;
}

function HandList({ page: { items, total }, offset, onOffset }: ListProps) {
  if (total === 0) return <p className="panel quiet">No hands yet. The first one is a click away.</p>;
  return (
    <>
      <ul className="hand-list">
        {items.map((hand) => (
          <li key={hand.id}>
            <HandLink hand={hand} />
          </li>
        ))}
      </ul>
      <nav className="pager" aria-label="Pages of hands">
        <button
          type="button"
          disabled={offset === 0}
          onClick={() => onOffset(Math.max(0, offset - PAGE_SIZE))}
        >
          Newer
        </button>
        <span className="quiet number" role="status">
          {items.length === 0 ? "none" : `${formatCount(offset + 1)}–${formatCount(offset + items.length)}`} of{" "}
          {formatCount(total)}
        </span>
        <button
          type="button"
          disabled={offset + items.length >= total}
          onClick={() => onOffset(offset + PAGE_SIZE)}
        >
          Older
        </button>
      </nav>
    </>
  );
}
