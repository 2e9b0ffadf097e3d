/** A share between 0 and 1 as a percentage with two decimals. */
export function formatPercent(share: number): string {
  if (!Number.isFinite(share)) return "–";
  return `${(share * 100).toFixed(2)}%`;
}

export function formatCount(count: number): string {
  return new Intl.NumberFormat("en-US", { maximumFractionDigits: 0 }).format(count);
}

/** An amount of chips, or a dash where there is none. */
export function formatAmount(amount: number | null): string {
  if (amount === null || !Number.isFinite(amount)) return "–";
  const decimals = Number.isInteger(amount) ? 0 : 2;
  return new Intl.NumberFormat("en-US", {
    minimumFractionDigits: decimals,
    maximumFractionDigits: decimals,
  }).format(amount);
}

/** What was won or lost, with its sign. */
export function formatResult(amount: number | null): string {
  return amount !== null && amount > 0 ? `+${formatAmount(amount)}` : formatAmount(amount).replace("-", "−");
}

export function formatDate(iso: string, locale?: string, timeZone?: string): string {
  const date = new Date(iso);
  if (Number.isNaN(date.getTime())) return iso;
  return new Intl.DateTimeFormat(locale, {
    dateStyle: "medium",
    timeStyle: "short",
    ...(timeZone === undefined ? {} : { timeZone }),
  }).format(date);
}

export function formatBytes(bytes: number): string {
  if (bytes < 1024) return `${bytes} B`;
  if (bytes < 1024 * 1024) return `${(bytes / 1024).toFixed(1)} KB`;
  return `${(bytes / (1024 * 1024)).toFixed(1)} MB`;
}

/** "monte-carlo" reads "Monte Carlo"; anything unknown stays as it is. */
export function formatMethod(method: string): string {
  if (method === "exact") return "Exact";
  if (method === "monte-carlo") return "Monte Carlo";
  return method;
}
