import { formatAmount, formatDate, formatResult } from "../lib/format.ts";
import { resultSign, type Hand } from "../lib/hands.ts";
import { Cards } from "./PlayingCard.tsx";
import { Problems } from "./Problems.tsx";
import { useLoaded } from "./useLoaded.ts";

function HandView({ hand }: { hand: Hand }) {
  return (
    <div className="panel narrow">
      <dl className="detail">
        <div className="half wide-phone">
          <dt>Hole cards</dt>
          <dd>
            <Cards cards={hand.hole} />
          </dd>
        </div>
        <div className="half wide-phone">
          <dt>Board</dt>
          <dd>
            <Cards cards={hand.board} />
          </dd>
        </div>
        <div className="half">
          <dt>Played at</dt>
          <dd>
            <time dateTime={hand.played_at}>{formatDate(hand.played_at)}</time>
          </dd>
        </div>
        <div className="half">
          <dt>Position</dt>
          <dd>{hand.position ?? "–"}</dd>
        </div>
        <div className="third">
          <dt>Stack</dt>
          <dd className="number">{formatAmount(hand.stack)}</dd>
        </div>
        <div className="third">
          <dt>Pot</dt>
          <dd className="number">{formatAmount(hand.pot)}</dd>
        </div>
        <div className="third">
          <dt>Result</dt>
          <dd className={`number money-${resultSign(hand.result)}`}>{formatResult(hand.result)}</dd>
        </div>
        <div className="wide">
          <dt>Notes</dt>
          <dd className="notes">{hand.notes === "" ? "–" : hand.notes}</dd>
        </div>
      </dl>
    </div>
  );
}

export function HandPage({ id }: { id: string }) {
  const loaded = useLoaded<Hand>(`/api/hands/${encodeURIComponent(id)}`);
  return (
    <>
      <div className="title-row narrow">
        <h1>Hand {id}</h1>
        <a className="button" href="#/hands">
          All hands
        </a>
      </div>
      {loaded.kind === "loading" && <p role="status">Loading…</p>}
      {loaded.kind === "failed" && <Problems problems={loaded.problems} />}
      {loaded.kind === "loaded" && <HandView hand={loaded.value} />}
    </>
  );
}
