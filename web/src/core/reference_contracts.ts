/** What the desk's API answers about reference data and the quality of market data. */
import * as z from "zod/mini";
import { amount, instant } from "@/core/contracts";

const cursor = z.nullable(z.string());

const told_rate = z.object({ source: z.string(), rate: amount, at: instant });

export const fx_rate = z.object({
  currency: z.string(),
  state: z.enum(["agreed", "single", "differs", "stale"]),
  rate: amount,
  source: z.string(),
  at: instant,
  used: z.boolean(),
  first: z.nullable(told_rate),
  other: z.nullable(told_rate),
  deviation_ratio: z.nullable(amount),
  differs_since: z.nullable(instant),
});
export type FxRate = z.infer<typeof fx_rate>;
export const fx_rate_page = z.object({ items: z.array(fx_rate), base: z.string(), bound_ratio: amount, next_cursor: cursor });
export type FxRatePage = z.infer<typeof fx_rate_page>;

export const market_cap = z.object({
  cap_id: z.int(),
  rank: z.int(),
  symbol: z.string(),
  name: z.string(),
  asset: z.nullable(z.string()),
  unmapped: z.nullable(z.string()),
  price: amount,
  market_cap: z.nullable(amount),
  stable: z.boolean(),
  updated_at: instant,
  high: amount,
  high_at: instant,
  high_known_since: z.nullable(instant),
  potential_ratio: amount,
  drawdown_ratio: amount,
});
export type MarketCap = z.infer<typeof market_cap>;
export const market_cap_page = z.object({ items: z.array(market_cap), next_cursor: cursor });

export const market_day = z.object({ series: z.string(), since: instant, open: z.number(), volume: z.number() });
export type MarketDay = z.infer<typeof market_day>;
export const market_day_page = z.object({ items: z.array(market_day), next_cursor: cursor });

export const source = z.object({
  source: z.string(),
  asked_at: instant,
  answered_at: z.nullable(instant),
  made_at: z.nullable(instant),
  items: z.int(),
  failure_code: z.nullable(z.string()),
  credits_month: z.nullable(z.int()),
});
export type Source = z.infer<typeof source>;
export const source_list = z.object({ items: z.array(source), as_of: instant });
export type SourceList = z.infer<typeof source_list>;

export const SIZES = ["mega", "large", "mid", "small", "micro", "unknown"] as const;
export const DISTANCES = ["near", "moderate", "far", "very_far", "stable", "unknown"] as const;

const bucket = z.object({ name: z.string(), value: amount, share_ratio: z.nullable(amount), assets: z.array(z.string()) });
export type CapBucket = z.infer<typeof bucket>;

export const cap_position = z.object({
  asset: z.string(),
  quantity: amount,
  value: z.nullable(amount),
  share_ratio: z.nullable(amount),
  size: z.enum(SIZES),
  distance: z.enum(DISTANCES),
  potential_ratio: z.nullable(amount),
  listing: z.nullable(market_cap),
});
export type CapPosition = z.infer<typeof cap_position>;

export const portfolio_caps = z.object({
  base_asset: z.string(),
  as_of: instant,
  listed_at: z.nullable(instant),
  positions: z.array(cap_position),
  by_size: z.array(bucket),
  by_distance: z.array(bucket),
  potential_ratio: z.nullable(amount),
  covered_ratio: z.nullable(amount),
});
export type PortfolioCaps = z.infer<typeof portfolio_caps>;
