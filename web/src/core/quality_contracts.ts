/** What the desk's API answers about the quality of market data: refused prices, stored history. */
import * as z from "zod/mini";
import { amount, instant } from "@/core/contracts";

const count = z.int();
const text = z.nullable(z.string());

export const refused_price = z.object({
  cause: z.string(),
  seen_at: instant,
  at: instant,
  last: text,
  bid: text,
  ask: text,
  compared: z.nullable(amount),
  sources: count,
  deviation_bp: z.nullable(amount),
});
export type RefusedPrice = z.infer<typeof refused_price>;
export const refused_list = z.object({ items: z.array(refused_price) });

export const MARKET_STATES = ["good", "quarantined", "stale", "stuck", "apart"] as const;

export const market_quality = z.object({
  venue: z.string(),
  symbol: z.string(),
  state: z.enum(MARKET_STATES),
  since: instant,
  last: z.nullable(amount),
  at: z.nullable(instant),
  median: z.nullable(amount),
  sources: count,
  deviation_bp: z.nullable(amount),
  counts: z.record(z.string(), count),
  refused: count,
  latest: z.nullable(refused_price),
  updated_at: instant,
});
export type MarketQuality = z.infer<typeof market_quality>;

export const market_quality_page = z.object({
  items: z.array(market_quality),
  counts: z.record(z.string(), count),
  total: count,
  since: instant,
  next_cursor: text,
});
export type MarketQualityPage = z.infer<typeof market_quality_page>;

export const hole = z.object({ since: instant, until: instant, minutes: count, cause: z.string(), filled: z.boolean(), detail: z.string() });
export type Hole = z.infer<typeof hole>;

export const coverage = z.object({
  series: z.string(),
  state: z.enum(["wanted", "filling", "whole", "broken", "refused"]),
  asked: z.boolean(),
  listed_at: z.nullable(instant),
  horizon: z.string(),
  since: z.nullable(instant),
  until: z.nullable(instant),
  bars: count,
  expected: count,
  holes: z.array(hole),
  open_holes: count,
  verified_at: z.nullable(instant),
  eta_s: z.nullable(z.number()),
  error_code: text,
  error_message: text,
});
export type Coverage = z.infer<typeof coverage>;
export const coverage_page = z.object({ items: z.array(coverage), next_cursor: text });
export type CoveragePage = z.infer<typeof coverage_page>;
