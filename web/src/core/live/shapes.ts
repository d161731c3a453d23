/** What is pushed, checked where it enters: the desk's camelCase as the API's own shapes. */
import * as z from "zod/mini";
import * as contracts from "@/core/contracts";

const snakes = new Map<string, string>();

function snake(name: string): string {
  const known = snakes.get(name);
  if (known !== undefined) return known;
  const made = name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
  snakes.set(name, made);
  return made;
}

/** A pushed value with every field's name as REST names it. */
export function snaked(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(snaked);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [snake(name), snaked(inner)]));
}

const { amount, instant } = contracts;

export const portfolio_change = z.object({
  number: z.int(),
  whole: z.boolean(),
  as_of: instant,
  base_asset: z.string(),
  total: contracts.total,
  accounts: z.array(contracts.account_value),
  assets: z.array(contracts.portfolio_asset),
  holdings: z.array(contracts.holding),
  unpriced: z.array(z.string()),
  rates: z.array(z.object({ asset: z.string(), rate: z.nullable(amount) })),
});
export type PortfolioChange = z.infer<typeof portfolio_change>;

const ticker = z.object({
  series: z.string(),
  last: z.nullish(amount),
  bid: z.nullish(amount),
  ask: z.nullish(amount),
  at: instant,
  received_at: z.nullish(instant),
});
export type PushedTicker = z.infer<typeof ticker>;
export const ticker_batch = z.object({ rows: z.array(ticker) });

export const candle_update = z.object({
  series: z.string(),
  resolution: z.string(),
  at_ms: z.int(),
  open: z.number(),
  high: z.number(),
  low: z.number(),
  close: z.number(),
  volume: z.number(),
  closed: z.boolean(),
});

export const feed_status = z.object({
  venue: z.string(),
  state: z.enum(["live", "stale", "down"]),
  since: z.nullable(instant),
  last_message_at: z.nullable(instant),
  note: z.optional(z.nullable(z.string())),
});
export type FeedStatus = z.infer<typeof feed_status>;

const recorded_entry = z.object({
  entry_id: z.string(),
  kind: z.string(),
  instrument: z.nullable(z.string()),
  occurred_at: instant,
  legs: z.array(z.object({ role: z.string(), asset: z.string(), amount })),
});
export const ledger_news = z.object({
  account_id: z.string(),
  count: z.int(),
  entries: z.array(recorded_entry),
});
export type LedgerNews = z.infer<typeof ledger_news>;
export type RecordedEntry = LedgerNews["entries"][number];
