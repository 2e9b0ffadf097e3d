import assert from "node:assert/strict";
import { test } from "node:test";

import { formatChips } from "../src/lib/ocr.ts";

test("amounts carry their unit where it belongs", () => {
  assert.equal(formatChips(1250.5, "$"), "$1,250.50");
  assert.equal(formatChips(3, "€"), "€3");
  assert.equal(formatChips(12.5, "BB"), "12.50 BB");
  assert.equal(formatChips(300, null), "300");
  assert.equal(formatChips(null, "$"), "–");
});
