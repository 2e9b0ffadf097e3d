import assert from "node:assert/strict";
import { afterEach, test } from "node:test";

import {
  ApiError,
  concerns,
  fetchHealth,
  fieldLabel,
  postJson,
  problemsFrom,
  problemsOf,
} from "../src/lib/api.ts";

const realFetch = globalThis.fetch;

afterEach(() => {
  globalThis.fetch = realFetch;
});

function answer(body: string, status: number): void {
  globalThis.fetch = () => Promise.resolve(new Response(body, { status }));
}

test("each detail of an error body becomes a problem", () => {
  const body = {
    error: "invalid request",
    details: [
      { field: "hole.0", reason: "not a card" },
      { field: "players", reason: "must be at most 9" },
    ],
  };
  assert.deepEqual(problemsOf(body, 422), body.details);
});

test("an error without details is shown by its message", () => {
  assert.deepEqual(problemsOf({ error: "no such hand", details: [] }, 404), [
    { field: "", reason: "no such hand" },
  ]);
});

test("a detail without a reason takes the error's message", () => {
  assert.deepEqual(problemsOf({ error: "bad", details: [{ field: "seed" }] }, 422), [
    { field: "seed", reason: "bad" },
  ]);
});

test("a foreign body is shown by its status", () => {
  for (const body of [undefined, null, "<html>", [], {}]) {
    assert.match(problemsOf(body, 502)[0]?.reason ?? "", /server failed .*502/);
  }
  assert.match(problemsOf(undefined, 413)[0]?.reason ?? "", /too large/);
  assert.match(problemsOf(undefined, 429)[0]?.reason ?? "", /Too many/);
  assert.match(problemsOf(undefined, 404)[0]?.reason ?? "", /refused .*404/);
});

test("field paths are named in words", () => {
  assert.equal(fieldLabel("hole.0"), "Hole cards, no. 1");
  assert.equal(fieldLabel("body.players"), "Players");
  assert.equal(fieldLabel("played_at"), "Played at");
  assert.equal(fieldLabel(""), "Request");
});

test("a problem belongs to its field and the field's parts alone", () => {
  const problem = { field: "hole.0", reason: "" };
  assert.equal(concerns(problem, "hole"), true);
  assert.equal(concerns(problem, "hol"), false);
  assert.equal(concerns({ field: "body.seed", reason: "" }, "seed"), true);
});

test("a refused request throws its problems", async () => {
  answer('{"error": "invalid", "details": [{"field": "board.1", "reason": "used twice"}]}', 422);
  await assert.rejects(postJson("/api/equity", {}), (error: unknown) => {
    assert.ok(error instanceof ApiError);
    assert.equal(error.status, 422);
    assert.deepEqual(problemsFrom(error), [{ field: "board.1", reason: "used twice" }]);
    return true;
  });
});

test("a page of a proxy in place of JSON is an error, not a result", async () => {
  answer("<html>", 200);
  await assert.rejects(postJson("/api/equity", {}), /not JSON/);
});

test("a dead server is named as such", async () => {
  globalThis.fetch = () => Promise.reject(new TypeError("fetch failed"));
  await assert.rejects(postJson("/api/equity", {}), (error: unknown) => {
    assert.match(problemsFrom(error)[0]?.reason ?? "", /cannot be reached/);
    return true;
  });
});

test("a cancelled request stays a cancellation", async () => {
  globalThis.fetch = () => Promise.reject(new DOMException("stopped", "AbortError"));
  await assert.rejects(postJson("/api/equity", {}), { name: "AbortError" });
});

test("a degraded service's report is read even with status 503", async () => {
  answer('{"status": "degraded", "version": "1.0.0"}', 503);
  const health = await fetchHealth(new AbortController().signal);
  assert.equal(health.status, "degraded");
});
