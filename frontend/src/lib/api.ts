/** The HTTP API: its shapes, and one door through which every request goes. */

import type { Card } from "./cards.ts";

export interface Problem {
  /** The field's dotted path, such as "hole.0"; empty where no field is to blame. */
  field: string;
  reason: string;
}

export class ApiError extends Error {
  readonly status: number;
  readonly problems: readonly Problem[];

  constructor(message: string, status: number, problems: readonly Problem[]) {
    super(message);
    this.name = "ApiError";
    this.status = status;
    this.problems = problems;
  }
}

export interface Health {
  status: "ok" | "degraded";
  version: string;
  database: { reachable: boolean; kind?: string };
  tesseract: { reachable: boolean; version?: string | null };
  ml: boolean;
}

export interface EquityRequest {
  hole: Card[];
  board: Card[];
  players: number;
  villain?: Card[];
  iterations?: number;
  seed?: number;
}

/** Probabilities of the outcomes; win, tie and loss sum to 1. */
export interface Equity {
  win: number;
  tie: number;
  loss: number;
  /** The expected part of the pot; a tie of k players counts 1/k. */
  share: number;
  method: string;
  samples: number;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function text(value: unknown): string {
  return typeof value === "string" ? value : "";
}

/** The problems that an error body names; where it names none, its message, else the status. */
export function problemsOf(body: unknown, status: number): Problem[] {
  if (isRecord(body)) {
    const details = Array.isArray(body["details"]) ? body["details"] : [];
    const problems = details.filter(isRecord).map((detail) => ({
      field: text(detail["field"]),
      reason: text(detail["reason"]) || text(body["error"]) || `HTTP status ${status}`,
    }));
    if (problems.length > 0) return problems;
    if (text(body["error"]) !== "") return [{ field: "", reason: text(body["error"]) }];
  }
  return [{ field: "", reason: describeStatus(status) }];
}

function describeStatus(status: number): string {
  if (status === 413) return "The upload is too large (HTTP status 413).";
  if (status === 429) return "Too many requests; try again in a moment (HTTP status 429).";
  if (status >= 500) return `The server failed (HTTP status ${status}).`;
  return `The server refused the request (HTTP status ${status}).`;
}

const FIELD_NAMES: Record<string, string> = {
  hole: "Hole cards",
  board: "Board",
  villain: "Villain cards",
  players: "Players",
  iterations: "Iterations",
  seed: "Seed",
  image: "Image",
};

/** "hole.0" reads "Hole cards, no. 1"; "played_at" reads "Played at"; "" reads "Request". */
export function fieldLabel(field: string): string {
  const [head = "", ...rest] = field.replace(/^body\./, "").split(".");
  if (head === "" || head === "body") return "Request";
  const words = head.replaceAll("_", " ");
  const label = FIELD_NAMES[head] ?? words.charAt(0).toUpperCase() + words.slice(1);
  const tail = rest.map((part) =>
    /^\d+$/.test(part) ? `no. ${Number(part) + 1}` : part.replaceAll("_", " "),
  );
  return [label, ...tail].join(", ");
}

/** Whether a problem belongs to a form field: "hole.0" belongs to "hole". */
export function concerns(problem: Problem, field: string): boolean {
  const path = problem.field.replace(/^body\./, "");
  return path === field || path.startsWith(`${field}.`);
}

/** Any failure as problems to show. */
export function problemsFrom(error: unknown): Problem[] {
  if (error instanceof ApiError) return [...error.problems];
  return [{ field: "", reason: error instanceof Error ? error.message : String(error) }];
}

export function isAbort(error: unknown): boolean {
  return error instanceof DOMException && error.name === "AbortError";
}

async function readJson(response: Response): Promise<unknown> {
  try {
    return await response.json();
  } catch (error) {
    if (isAbort(error)) throw error;
    return undefined;
  }
}

async function send(path: string, init: RequestInit): Promise<{ response: Response; body: unknown }> {
  let response: Response;
  try {
    response = await fetch(path, { ...init, headers: { Accept: "application/json", ...init.headers } });
  } catch (error) {
    if (isAbort(error)) throw error;
    throw new ApiError("unreachable", 0, [{ field: "", reason: "The server cannot be reached." }]);
  }
  return { response, body: await readJson(response) };
}

/** The JSON body of a successful answer; ApiError for any other. */
export async function request<T>(path: string, init: RequestInit = {}): Promise<T> {
  const { response, body } = await send(path, init);
  if (!response.ok) {
    const problems = problemsOf(body, response.status);
    throw new ApiError(problems[0]?.reason ?? response.statusText, response.status, problems);
  }
  if (body === undefined) {
    throw new ApiError("not JSON", response.status, [
      { field: "", reason: "The server's answer is not JSON." },
    ]);
  }
  return body as T;
}

export function postJson<T>(path: string, payload: unknown, signal?: AbortSignal): Promise<T> {
  return request<T>(path, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(payload),
    ...(signal === undefined ? {} : { signal }),
  });
}

/** The health report; a degraded service may send it with status 503. */
export async function fetchHealth(signal: AbortSignal): Promise<Health> {
  const { response, body } = await send("/health", { signal, cache: "no-store" });
  if (isRecord(body) && (body["status"] === "ok" || body["status"] === "degraded")) {
    return body as unknown as Health;
  }
  throw new ApiError("no health", response.status, problemsOf(body, response.status));
}
