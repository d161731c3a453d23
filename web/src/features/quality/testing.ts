/** Answers about quality and reference data, for tests. */
import type { Coverage, MarketQuality, RefusedPrice } from "@/core/quality_contracts";
import type { CapPosition, FxRate, MarketCap, PortfolioCaps, Source } from "@/core/reference_contracts";
import { decimal } from "@/shared/decimals";

export const AT = "2026-11-20T12:00:00.000000Z";

export const refusedPrice = (more: Partial<RefusedPrice> = {}): RefusedPrice => ({
  cause: "spike",
  seen_at: AT,
  at: AT,
  last: "77100.01",
  bid: null,
  ask: null,
  compared: decimal("63248.5"),
  sources: 4,
  deviation_bp: decimal("2190.02"),
  ...more,
});

export const marketQuality = (more: Partial<MarketQuality> = {}): MarketQuality => ({
  venue: "bitfinex",
  symbol: "BTC/USDT",
  state: "quarantined",
  since: AT,
  last: decimal("63250.1"),
  at: AT,
  median: decimal("63248.5"),
  sources: 4,
  deviation_bp: decimal("0.25"),
  counts: { spike: 412, crossed: 3 },
  refused: 415,
  latest: refusedPrice(),
  updated_at: AT,
  ...more,
});

export const qualityPage = (items: readonly MarketQuality[], counts: Record<string, number> = {}) => ({ items, counts, total: items.length, since: AT, next_cursor: null });

export const coverage = (more: Partial<Coverage> = {}): Coverage => ({
  series: "KRAKEN:ETH/EUR",
  state: "broken",
  asked: true,
  listed_at: AT,
  horizon: "",
  since: AT,
  until: AT,
  bars: 99,
  expected: 100,
  holes: [{ since: AT, until: AT, minutes: 40, cause: "disagreement", filled: false, detail: "BINANCE is 4.1 % away" }],
  open_holes: 1,
  verified_at: AT,
  eta_s: 4210,
  error_code: null,
  error_message: null,
  ...more,
});

export const source = (more: Partial<Source> = {}): Source => ({
  source: "openexchangerates",
  asked_at: AT,
  answered_at: AT,
  made_at: AT,
  items: 168,
  failure_code: null,
  credits_month: null,
  ...more,
});

export const fxRate = (more: Partial<FxRate> = {}): FxRate => ({
  currency: "EUR",
  state: "agreed",
  rate: decimal("0.8642"),
  source: "openexchangerates",
  at: AT,
  used: true,
  first: null,
  other: { source: "ecb", rate: decimal("0.8639"), at: AT },
  deviation_ratio: decimal("0.0003"),
  differs_since: null,
  ...more,
});

export const marketCap = (more: Partial<MarketCap> = {}): MarketCap => ({
  cap_id: 1,
  rank: 1,
  symbol: "BTC",
  name: "Bitcoin",
  asset: "BTC",
  unmapped: null,
  price: decimal("63250"),
  market_cap: decimal("1262000000000"),
  stable: false,
  updated_at: AT,
  high: decimal("126500"),
  high_at: AT,
  high_known_since: null,
  potential_ratio: decimal("1"),
  drawdown_ratio: decimal("0.5"),
  ...more,
});

export const capPosition = (more: Partial<CapPosition> = {}): CapPosition => ({
  asset: "BTC",
  quantity: decimal("0.7319"),
  value: decimal("46294.46"),
  share_ratio: decimal("0.9"),
  size: "mega",
  distance: "moderate",
  potential_ratio: decimal("1"),
  listing: marketCap(),
  ...more,
});

export const portfolioCaps = (positions: readonly CapPosition[]): PortfolioCaps => ({
  base_asset: "USDT",
  as_of: AT,
  listed_at: AT,
  positions: [...positions],
  by_size: [
    { name: "mega", value: decimal("46294.46"), share_ratio: decimal("0.9"), assets: ["BTC"] },
    { name: "unknown", value: decimal("5000"), share_ratio: decimal("0.1"), assets: ["WXMR"] },
  ],
  by_distance: [
    { name: "moderate", value: decimal("46294.46"), share_ratio: decimal("0.9"), assets: ["BTC"] },
    { name: "unknown", value: decimal("5000"), share_ratio: decimal("0.1"), assets: ["WXMR"] },
  ],
  potential_ratio: decimal("1"),
  covered_ratio: decimal("0.9"),
});
