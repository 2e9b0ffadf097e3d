/** Pages live behind the address's hash, so the server needs no fallback route. */

export type Route =
  | { page: "equity" }
  | { page: "hands" }
  | { page: "new-hand" }
  | { page: "hand"; id: string }
  | { page: "ocr" };

export function parseRoute(hash: string): Route {
  const [page, id] = hash.replace(/^#\/?/, "").split("/");
  if (page === "ocr") return { page: "ocr" };
  if (page === "hands") {
    if (id === "new") return { page: "new-hand" };
    if (id !== undefined && id !== "") return { page: "hand", id: decode(id) };
    return { page: "hands" };
  }
  return { page: "equity" };
}

function decode(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
