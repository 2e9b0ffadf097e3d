import type { Equity } from "../lib/api.ts";
import { formatCount, formatMethod, formatPercent } from "../lib/format.ts";

const OUTCOMES = [
  { key: "win", label: "Win" },
  { key: "tie", label: "Tie" },
  { key: "loss", label: "Loss" },
] as const;

interface Props {
  equity: Equity;
  /** The form has changed since. */
  stale: boolean;
}

export function EquityResult({ equity, stale }: Props) {
  const summary = OUTCOMES.map(({ key, label }) => `${label} ${formatPercent(equity[key])}`).join(", ");
  return (
    <div className={stale ? "result result-stale" : "result"}>
      <h2>Result</h2>
      <div className="bar" role="img" aria-label={summary}>
        {OUTCOMES.map(({ key }) => (
          <span key={key} className={`bar-${key}`} style={{ width: `${equity[key] * 100}%` }} />
        ))}
      </div>
      <dl className="shares">
        {OUTCOMES.map(({ key, label }) => (
          <div key={key} className={`share share-${key}`}>
            <dt>{label}</dt>
            <dd>{formatPercent(equity[key])}</dd>
          </div>
        ))}
      </dl>
      <dl className="facts">
        <div>
          <dt>Pot share</dt>
          <dd>{formatPercent(equity.share)}</dd>
        </div>
        <div>
          <dt>Method</dt>
          <dd>{formatMethod(equity.method)}</dd>
        </div>
        <div>
          <dt>Samples</dt>
          <dd>{formatCount(equity.samples)}</dd>
        </div>
      </dl>
      {stale && <p className="hint">The cards or settings have changed: calculate again.</p>}
    </div>
  );
}
