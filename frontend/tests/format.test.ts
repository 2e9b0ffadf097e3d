import assert from "node:assert/strict";
import { test } from "node:test";

import {
  formatAmount,
  formatBytes,
  formatCount,
  formatDate,
  formatMethod,
  formatPercent,
  formatResult,
} from "../src/lib/format.ts";

test("shares become percentages with two decimals", () => {
  assert.equal(formatPercent(0.65432), "65.43%");
  assert.equal(formatPercent(0), "0.00%");
  assert.equal(formatPercent(1), "100.00%");
  assert.equal(formatPercent(Number.NaN), "–");
});

test("counts and amounts are grouped", () => {
  assert.equal(formatCount(1712304), "1,712,304");
  assert.equal(formatAmount(1250.5), "1,250.50");
  assert.equal(formatAmount(0), "0");
});

test("a missing amount is a dash", () => {
  assert.equal(formatAmount(null), "–");
});

test("results have their sign", () => {
  assert.equal(formatResult(1200), "+1,200");
  assert.equal(formatResult(-12.5), "−12.50");
  assert.equal(formatResult(0), "0");
  assert.equal(formatResult(null), "–");
});

test("dates are shown in the reader's zone, nonsense stays as it is", () => {
  assert.match(formatDate("2026-03-01T20:15:00Z", "en-GB", "UTC"), /1 Mar 2026.*20:15/);
  assert.equal(formatDate("yesterday"), "yesterday");
});

test("bytes get a unit", () => {
  assert.equal(formatBytes(512), "512 B");
  assert.equal(formatBytes(1536), "1.5 KB");
  assert.equal(formatBytes(3 * 1024 * 1024), "3.0 MB");
});

test("methods are named in words", () => {
  assert.equal(formatMethod("exact"), "Exact");
  assert.equal(formatMethod("monte-carlo"), "Monte Carlo");
  assert.equal(formatMethod("oracle"), "oracle");
});
