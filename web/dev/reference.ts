/** Reference data and quality of the fake desk. */
import { markets } from "./prices";

interface Answer {
  readonly status?: number;
  readonly body?: unknown;
}

const at = (minutes: number) => new Date(Date.now() - minutes * 60_000).toISOString();

const COINS: readonly (readonly [number, string, string, string, string])[] = [
  [1, "BTC", "63250", "1262000000000", "126198.07"],
  [1027, "ETH", "3125", "377000000000", "4953.73"],
  [825, "USDT", "1", "184000000000", "1.2155"],
  [52, "XRP", "0.52", "31000000000", "3.84"],
  [5426, "SOL", "148", "81000000000", "294.33"],
  [74, "DOGE", "0.104", "15700000000", "0.7376"],
  [2010, "ADA", "0.34", "12200000000", "3.0992"],
  [1975, "LINK", "13.8", "9600000000", "52.8761"],
  [24478, "PEPE", "0.0000102", "4290000000", "0.00002825"],
];

const caps = COINS.map(([cap_id, symbol, price, market_cap, high], place) => ({
  cap_id,
  rank: place + 1,
  symbol,
  name: symbol,
  asset: symbol,
  unmapped: null,
  price,
  market_cap,
  stable: symbol === "USDT",
  updated_at: at(12),
  high,
  high_at: "2025-10-06T00:00:00.000000Z",
  high_known_since: symbol === "PEPE" ? "2026-09-01T00:00:00.000000Z" : null,
  potential_ratio: (Number(high) / Number(price) - 1).toFixed(6),
  drawdown_ratio: (1 - Number(price) / Number(high)).toFixed(6),
}));

const days = () => markets.map(({ series, price }, place) => ({ series, since: at(60 * 24), open: price * (0.96 + (place % 17) / 200), volume: ((place * 7919) % 9_973) * 13.7 }));

const SIZE: Readonly<Record<string, string>> = { BTC: "mega", ETH: "mega", USDT: "large", XRP: "large", SOL: "large", DOGE: "large", ADA: "large", LINK: "mid", PEPE: "mid" };
const distanceOf = (ratio: number): string => (ratio <= 0.25 ? "near" : ratio <= 1 ? "moderate" : ratio <= 4 ? "far" : "very_far");

interface Held {
  readonly asset: string;
  readonly quantity: string;
  readonly value: string | null;
}

export function portfolioCaps(assets: readonly Held[]): Answer {
  const positions = assets.map(({ asset, quantity, value }) => {
    const listing = caps.find((cap) => cap.asset === asset) ?? null;
    const ratio = Number(listing?.potential_ratio ?? 0);
    const distance = listing === null ? "unknown" : listing.stable ? "stable" : distanceOf(ratio);
    return { asset, quantity, value, share_ratio: null, size: SIZE[asset] ?? "unknown", distance, potential_ratio: listing && !listing.stable ? listing.potential_ratio : null, listing };
  });
  const whole = positions.reduce((sum, { value }) => sum + Number(value ?? 0), 0);
  const bucket = (kind: "size" | "distance", name: string) => {
    const its = positions.filter((each) => each[kind] === name);
    const value = its.reduce((sum, each) => sum + Number(each.value ?? 0), 0);
    return { name, value: value.toFixed(2), share_ratio: whole > 0 ? (value / whole).toFixed(6) : null, assets: its.map(({ asset }) => asset) };
  };
  return {
    body: {
      base_asset: "USDT",
      as_of: at(0),
      listed_at: at(12),
      positions: positions.map((each) => ({ ...each, share_ratio: each.value === null ? null : (Number(each.value) / whole).toFixed(6) })),
      by_size: ["mega", "large", "mid", "small", "micro", "unknown"].map((name) => bucket("size", name)),
      by_distance: ["near", "moderate", "far", "very_far", "stable", "unknown"].map((name) => bucket("distance", name)),
      potential_ratio: "1.1842",
      covered_ratio: "0.8731",
    },
  };
}

const rate = (currency: string, told: string, more: Record<string, unknown> = {}) => ({
  currency,
  state: "single",
  rate: told,
  source: "openexchangerates",
  at: at(24),
  used: true,
  first: null,
  other: null,
  deviation_ratio: null,
  differs_since: null,
  ...more,
});
const second = (told: string) => ({ source: "ecb", rate: told, at: at(60 * 21) });
const RATES = [
  rate("AED", "3.6725"),
  rate("EUR", "0.8642", { state: "agreed", other: second("0.863931"), deviation_ratio: "0.000311" }),
  rate("GBP", "0.7621", { state: "agreed", other: second("0.7618"), deviation_ratio: "0.000394" }),
  rate("TRY", "42.381", { state: "differs", at: at(60 * 5), first: { source: "openexchangerates", rate: "53.1", at: at(24) }, other: second("42.402"), deviation_ratio: "0.252299", differs_since: at(180) }),
  rate("VES", "237.4", { state: "stale", at: at(60 * 26) }),
];

const source = (name: string, minutes: number, items: number, more: Record<string, unknown> = {}) => ({ source: name, asked_at: at(24), answered_at: at(24), made_at: at(minutes), items, failure_code: null, credits_month: null, ...more });
const SOURCES = [
  source("coinmarketcap", 24, 1000, { credits_month: 2410 }),
  source("coinmarketcap.highs", 60 * 9, 1000, { credits_month: 210 }),
  source("ecb", 60 * 21, 31),
  source("openexchangerates", 24, 168, { failure_code: "fx.rate_limited" }),
];

const refused = (cause: string, minutes: number, more: Record<string, unknown> = {}) => ({ cause, seen_at: at(minutes), at: at(minutes), last: "77100.01", bid: "77090", ask: "77110", compared: "63248.5", sources: 4, deviation_bp: "2190.02", ...more });
const quality = (venue: string, symbol: string, more: Record<string, unknown> = {}) => ({
  venue,
  symbol,
  state: "good",
  since: at(300),
  last: "63250.1",
  at: at(0),
  median: "63248.5",
  sources: 4,
  deviation_bp: "0.25",
  counts: {},
  refused: 0,
  latest: null,
  updated_at: at(0),
  ...more,
});
const QUALITY = [
  quality("bitfinex", "BTC/USDT", { state: "quarantined", since: at(4), deviation_bp: "1.2", counts: { spike: 412, crossed: 3 }, refused: 415, latest: refused("spike", 0) }),
  quality("htx", "DOGE/USDT", { state: "stuck", since: at(11), last: "0.1041", median: "0.1057", deviation_bp: "151.4", counts: { stuck: 20 }, refused: 20, latest: refused("stuck", 1, { last: "0.1041", bid: null, ask: null }) }),
  quality("kraken", "PEPE/USD", { state: "apart", last: "0.0000108", median: "0.0000102", sources: 1, deviation_bp: "588.2", counts: { zero: 1 }, refused: 1, latest: refused("zero", 40, { last: "0" }) }),
];

const COVERAGE = [
  { series: "BINANCE:BTC/USDT", state: "whole", asked: false, listed_at: "2017-08-17T04:00:00.000000Z", horizon: "", since: "2017-08-17T04:00:00.000000Z", until: at(1), bars: 4871203, expected: 4871203, holes: [], open_holes: 0, verified_at: at(20), eta_s: null, error_code: null, error_message: null },
  { series: "HTX:DOGE/USDT", state: "filling", asked: true, listed_at: "2021-01-28T00:00:00.000000Z", horizon: "", since: "2025-02-01T00:00:00.000000Z", until: at(1), bars: 812300, expected: 3060120, holes: [], open_holes: 1, verified_at: null, eta_s: 4210, error_code: null, error_message: null },
  {
    series: "KRAKEN:ETH/EUR", state: "broken", asked: true, listed_at: "2015-08-07T00:00:00.000000Z", horizon: "Kraken tells the last 720 bars", since: "2024-01-01T00:00:00.000000Z", until: at(1), bars: 1530100, expected: 1530320,
    holes: [
      { since: at(60 * 24 * 9), until: at(60 * 24 * 9 - 180), minutes: 180, cause: "silent", filled: true, detail: "taken from COINBASE" },
      { since: at(60 * 24 * 31), until: at(60 * 24 * 31 - 40), minutes: 40, cause: "disagreement", filled: false, detail: "BINANCE is 4.1 % away" },
    ],
    open_holes: 1, verified_at: at(44), eta_s: null, error_code: null, error_message: null,
  },
];

/** What is asked of reference data and quality; null where it is none of that. */
export function reference(method: string, path: string, assets: readonly Held[], isEmpty: boolean): Answer | null {
  const list = (items: readonly unknown[], more: Record<string, unknown> = {}): Answer => ({ body: { items: isEmpty ? [] : items, next_cursor: null, ...more } });
  if (path === "/market-caps") return list(caps);
  if (path === "/market-days") return list(days());
  if (path === "/fx-rates") return list(RATES, { base: "USD", bound_ratio: "0.03" });
  if (path === "/reference-sources") return list(SOURCES, { as_of: at(0) });
  if (path === "/portfolio/market-caps") return portfolioCaps(isEmpty ? [] : assets);
  if (path === "/market-quality") return list(QUALITY, { counts: isEmpty ? {} : { spike: 412, crossed: 3, stuck: 20, zero: 1 }, total: isEmpty ? 0 : 3, since: at(60 * 24) });
  if (path === "/market-quality/refused") return { body: { items: [refused("spike", 0), refused("spike", 1, { last: "77099.4" }), refused("crossed", 3, { last: null, bid: "63300", ask: "63200", compared: null, sources: 0, deviation_bp: null })] } };
  if (path === "/candle-coverage") return method === "POST" ? { status: 202, body: COVERAGE[1] } : list(COVERAGE);
  return null;
}
