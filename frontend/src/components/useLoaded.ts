import { useEffect, useState } from "react";

import { isAbort, problemsFrom, request, type Problem } from "../lib/api.ts";

export type Loaded<T> =
  | { kind: "loading" }
  | { kind: "failed"; problems: Problem[] }
  | { kind: "loaded"; value: T };

/** What a GET of the path gives; a new path starts anew and cancels the old request. */
export function useLoaded<T>(path: string): Loaded<T> {
  const [state, setState] = useState<{ path: string; loaded: Loaded<T> } | null>(null);
  useEffect(() => {
    const stop = new AbortController();
    request<T>(path, { signal: stop.signal }).then(
      (value) => setState({ path, loaded: { kind: "loaded", value } }),
      (error: unknown) => {
        if (!isAbort(error)) setState({ path, loaded: { kind: "failed", problems: problemsFrom(error) } });
      },
    );
    return () => stop.abort();
  }, [path]);
  return state?.path === path ? state.loaded : { kind: "loading" };
}
