/** What the server reads from a screenshot. */

import { formatAmount } from "./format.ts";

export interface Reading {
  text: string;
  pot: number | null;
  /** In the order of the text. */
  stacks: number[];
  /** What the amounts are counted in: a currency sign, "BB", or null. */
  unit: string | null;
  preprocessing: string;
}

/** An amount with its unit: "$1,250.50", "12.50 BB", "300", or a dash. */
export function formatChips(amount: number | null, unit: string | null): string {
  const number = formatAmount(amount);
  if (amount === null || unit === null || unit === "") return number;
  return /^\p{Sc}$/u.test(unit) ? `${unit}${number}` : `${number} ${unit}`;
}
