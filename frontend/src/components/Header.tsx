import { useEffect, useState } from "react";

import { fetchHealth, isAbort, type Health } from "../lib/api.ts";
import type { Route } from "../lib/route.ts";

const PERIOD_MS = 30_000;

type State = { kind: "checking" } | { kind: "down" } | { kind: "known"; health: Health };

function useHealth(): State {
  const [state, setState] = useState<State>({ kind: "checking" });
  useEffect(() => {
    const stop = new AbortController();
    const check = async () => {
      try {
        setState({ kind: "known", health: await fetchHealth(stop.signal) });
      } catch (error) {
        if (!isAbort(error)) setState({ kind: "down" });
      }
    };
    void check();
    const timer = window.setInterval(() => {
      if (!document.hidden) void check();
    }, PERIOD_MS);
    return () => {
      stop.abort();
      window.clearInterval(timer);
    };
  }, []);
  return state;
}

function Check({ good, children }: { good: boolean; children: string }) {
  return (
    <li className={good ? "good" : "bad"}>
      <span aria-hidden="true">{good ? "✓" : "✕"}</span> {children}
    </li>
  );
}

function databaseName(kind: string | undefined): string {
  return kind === undefined ? "Database" : `Database (${kind})`;
}

function Status() {
  const state = useHealth();
  if (state.kind === "checking") return <p className="status">Checking the service…</p>;
  if (state.kind === "down") {
    return (
      <p className="status status-down">
        <span className="dot" aria-hidden="true" /> Service unreachable
      </p>
    );
  }
  const { health } = state;
  return (
    <details className={`status status-${health.status}`}>
      <summary>
        <span className="dot" aria-hidden="true" /> {health.status === "ok" ? "OK" : "Degraded"}
        <span className="version">v{health.version}</span>
      </summary>
      <ul>
        <Check good={health.database.reachable}>
          {`${databaseName(health.database.kind)} ${health.database.reachable ? "reachable" : "unreachable"}`}
        </Check>
        <Check good={health.tesseract.reachable}>
          {health.tesseract.reachable
            ? `Tesseract ${health.tesseract.version ?? ""}`.trim()
            : "Tesseract unreachable"}
        </Check>
        <li>
          <span aria-hidden="true">{health.ml ? "✓" : "–"}</span>{" "}
          {health.ml ? "Machine learning installed" : "No machine learning in this image"}
        </li>
      </ul>
    </details>
  );
}

const LINKS: { href: string; label: string; pages: Route["page"][] }[] = [
  { href: "#/", label: "Equity", pages: ["equity"] },
  { href: "#/hands", label: "Hands", pages: ["hands", "hand", "new-hand"] },
  { href: "#/ocr", label: "Screenshot", pages: ["ocr"] },
];

export function Header({ page }: { page: Route["page"] }) {
  return (
    <header className="top">
      <div className="top-inner">
        <p className="brand">
          <span aria-hidden="true">♠</span> PokerTool
        </p>
        <Status />
        <nav aria-label="Main">
          {LINKS.map(({ href, label, pages }) => (
            <a key={href} href={href} aria-current={pages.includes(page) ? "page" : undefined}>
              {label}
            </a>
          ))}
        </nav>
      </div>
    </header>
  );
}
