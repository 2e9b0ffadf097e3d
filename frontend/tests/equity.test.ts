import assert from "node:assert/strict";
import { test } from "node:test";

import { EMPTY_FORM, toRequest } from "../src/lib/equity.ts";

test("a full form becomes a request without empty fields", () => {
  assert.deepEqual(toRequest({ ...EMPTY_FORM, hole: "as kd", board: "Qh Jh 10h", seed: "7" }), {
    request: { hole: ["As", "Kd"], board: ["Qh", "Jh", "Th"], players: 2, seed: 7 },
  });
});

test("villain cards go along heads-up alone", () => {
  const form = { ...EMPTY_FORM, hole: "AsKd", villain: "QcQd" };
  assert.deepEqual(toRequest(form), {
    request: { hole: ["As", "Kd"], board: [], players: 2, villain: ["Qc", "Qd"] },
  });
  assert.deepEqual(toRequest({ ...form, players: 3 }), {
    request: { hole: ["As", "Kd"], board: [], players: 3 },
  });
});

test("every problem is reported at once, with its field", () => {
  const form = { ...EMPTY_FORM, hole: "As", board: "zz", villain: "Kd", iterations: "many" };
  assert.deepEqual(toRequest(form), {
    problems: [
      { field: "hole", reason: "needs exactly 2 cards, has 1" },
      { field: "board", reason: '"zz" is no card' },
      { field: "villain", reason: "needs 2 cards or none, has 1" },
      { field: "iterations", reason: '"many" is no whole number' },
    ],
  });
});

test("a card that lies twice is reported where it came last", () => {
  assert.deepEqual(toRequest({ ...EMPTY_FORM, hole: "As Kd", board: "As 2c 3c" }), {
    problems: [{ field: "board", reason: "Ace of spades is used twice" }],
  });
});

test("a board may have any number of cards up to five", () => {
  assert.ok("request" in toRequest({ ...EMPTY_FORM, hole: "As Kd", board: "2c" }));
  assert.deepEqual(toRequest({ ...EMPTY_FORM, hole: "As Kd", board: "2c3c4c5c6c7c" }), {
    problems: [{ field: "board", reason: "takes at most 5 cards, has 6" }],
  });
});

test("a seed that JSON would round is refused", () => {
  assert.deepEqual(toRequest({ ...EMPTY_FORM, hole: "As Kd", seed: "9007199254740993" }), {
    problems: [{ field: "seed", reason: "9007199254740993 is too large" }],
  });
});
