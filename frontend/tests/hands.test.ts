import assert from "node:assert/strict";
import { test } from "node:test";

import { EMPTY_HAND, resultSign, toNewHand } from "../src/lib/hands.ts";
import { parseRoute } from "../src/lib/route.ts";

test("hole cards alone make a hand; the rest is unknown", () => {
  assert.deepEqual(toNewHand({ ...EMPTY_HAND, hole: "As Kd" }), {
    hand: {
      hole: ["As", "Kd"],
      board: [],
      position: null,
      stack: null,
      pot: null,
      result: null,
      notes: "",
    },
  });
});

test("a full form becomes a hand", () => {
  const form = {
    played_at: "2026-03-01T20:15",
    hole: "10h10d",
    board: "2c 7h Jd",
    position: " BTN ",
    stack: "1,250.50",
    pot: ".5",
    result: "-300",
    notes: "Called a bluff.",
  };
  assert.deepEqual(toNewHand(form), {
    hand: {
      played_at: new Date("2026-03-01T20:15").toISOString(),
      hole: ["Th", "Td"],
      board: ["2c", "7h", "Jd"],
      position: "BTN",
      stack: 1250.5,
      pot: 0.5,
      result: -300,
      notes: "Called a bluff.",
    },
  });
});

test("every problem is reported at once, with its field", () => {
  const form = { ...EMPTY_HAND, hole: "As", board: "2c 3c", stack: "much", result: "1,2", played_at: "x" };
  assert.deepEqual(toNewHand(form), {
    problems: [
      { field: "hole", reason: "needs exactly 2 cards, has 1" },
      { field: "board", reason: "needs 0, 3, 4 or 5 cards, has 2" },
      { field: "stack", reason: '"much" is no amount' },
      { field: "result", reason: '"1,2" is no amount' },
      { field: "played_at", reason: "is no date and time" },
    ],
  });
});

test("a card cannot be in the hand and on the board", () => {
  assert.deepEqual(toNewHand({ ...EMPTY_HAND, hole: "As Kd", board: "As 2c 3c" }), {
    problems: [{ field: "board", reason: "Ace of spades is used twice" }],
  });
});

test("results are won, lost or even", () => {
  assert.deepEqual([5, -5, 0, null].map(resultSign), ["won", "lost", "even", "even"]);
});

test("addresses name pages", () => {
  assert.deepEqual(parseRoute(""), { page: "equity" });
  assert.deepEqual(parseRoute("#/hands"), { page: "hands" });
  assert.deepEqual(parseRoute("#/hands/new"), { page: "new-hand" });
  assert.deepEqual(parseRoute("#/hands/12"), { page: "hand", id: "12" });
  assert.deepEqual(parseRoute("#/hands/%"), { page: "hand", id: "%" });
  assert.deepEqual(parseRoute("#/ocr"), { page: "ocr" });
});
