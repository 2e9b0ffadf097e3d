import { useEffect, useRef, useState } from "react";

import { EquityPage } from "./components/EquityPage.tsx";
import { HandForm } from "./components/HandForm.tsx";
import { HandPage } from "./components/HandPage.tsx";
import { HandsPage } from "./components/HandsPage.tsx";
import { Header } from "./components/Header.tsx";
import { OcrPage } from "./components/OcrPage.tsx";
import { parseRoute, type Route } from "./lib/route.ts";

const TITLES: Record<Route["page"], string> = {
  equity: "Equity",
  hands: "Hands",
  "new-hand": "New hand",
  hand: "Hand",
  ocr: "Screenshot",
};

function useRoute(): Route {
  const [hash, setHash] = useState(() => window.location.hash);
  useEffect(() => {
    const update = () => setHash(window.location.hash);
    window.addEventListener("hashchange", update);
    return () => window.removeEventListener("hashchange", update);
  }, []);
  return parseRoute(hash);
}

export function App() {
  const route = useRoute();
  const main = useRef<HTMLElement>(null);
  const key = route.page === "hand" ? `hand/${route.id}` : route.page;
  const shown = useRef(key);

  useEffect(() => {
    document.title = `${TITLES[route.page]} · PokerTool`;
    // Moves the reading position to the new page, but leaves the first page load alone.
    if (shown.current !== key) {
      shown.current = key;
      main.current?.focus();
      window.scrollTo(0, 0);
    }
  }, [key, route.page]);

  return (
    <>
      <Header page={route.page} />
      <main ref={main} tabIndex={-1}>
        {/* Stays mounted, so that its cards and result survive a look at another page. */}
        <div hidden={route.page !== "equity"}>
          <EquityPage />
        </div>
        {route.page === "hands" && <HandsPage />}
        {route.page === "new-hand" && <HandForm />}
        {route.page === "hand" && <HandPage key={route.id} id={route.id} />}
        {route.page === "ocr" && <OcrPage />}
      </main>
    </>
  );
}
