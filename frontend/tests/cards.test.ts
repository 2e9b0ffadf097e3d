import assert from "node:assert/strict";
import { test } from "node:test";

import { cardName, duplicates, formatCards, parseCard, parseCards, RANKS, SUITS } from "../src/lib/cards.ts";

test("every card of the deck is read back from its own notation", () => {
  for (const rank of RANKS) {
    for (const suit of SUITS) assert.equal(parseCard(`${rank}${suit}`), `${rank}${suit}`);
  }
});

test("loose notations name the same card", () => {
  for (const text of ["Th", "th", "tH", "10h", "10H", "T♥", "10♥\uFE0F", " th "]) {
    assert.equal(parseCard(text), "Th", text);
  }
});

test("what is no card is refused", () => {
  for (const text of ["", "A", "s", "1s", "Ax", "Asd", "100h", "0h", "sA"]) {
    assert.equal(parseCard(text), null, text);
  }
});

test("cards may be separated by blanks, commas or nothing", () => {
  for (const text of ["As Kd 10c", "AsKd10c", "as,kd,tc", "A♠K♦T♣", "  As  KdTc "]) {
    assert.deepEqual(parseCards(text), { cards: ["As", "Kd", "Tc"], invalid: [] }, text);
  }
});

test("a word with one bad piece is reported whole and gives no card", () => {
  assert.deepEqual(parseCards("As KdZz Qh x"), { cards: ["As", "Qh"], invalid: ["KdZz", "x"] });
});

test("an empty text holds no cards", () => {
  assert.deepEqual(parseCards(" , "), { cards: [], invalid: [] });
});

test("each duplicate is named once", () => {
  assert.deepEqual(duplicates(["As", "Kd", "As", "As", "Kd", "2c"]), ["As", "Kd"]);
});

test("cards are written with blanks and spoken in words", () => {
  assert.equal(formatCards(["As", "Td"]), "As Td");
  assert.equal(cardName("Td"), "Ten of diamonds");
});
