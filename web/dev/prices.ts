/** Made-up prices that move: a walk for each market, the same in its ticks and in its bars. */

const QUOTES = ["USDT", "USDC", "BTC", "EUR"] as const;
const KNOWN = ["BTC", "ETH", "SOL", "XRP", "ADA", "DOGE", "LINK", "BNB", "PEPE", "AVAX"];
const COUNT = Number(process.env["FAKE_MARKETS"] ?? 2_000);

export interface Market {
  readonly series: string;
  readonly places: number;
  price: number;
}

const PRICES: Readonly<Record<string, number>> = { BTC: 63250, ETH: 3125, SOL: 148, XRP: 0.52, ADA: 0.34, DOGE: 0.104, LINK: 13.8, BNB: 571, PEPE: 0.0000102, AVAX: 27 };

const VENUES = ["BINANCE", "KRAKEN", "COINBASE", "BITFINEX", "HTX"];

/** Five venues list the same markets. */
export const markets: Market[] = Array.from({ length: COUNT }, (_, number) => {
  const venue = VENUES[number % VENUES.length] ?? "BINANCE";
  const at = Math.floor(number / VENUES.length);
  const quote = QUOTES[at < KNOWN.length ? 0 : at % QUOTES.length] ?? "USDT";
  const base = KNOWN[at] ?? `C${at.toString(36).toUpperCase()}`;
  const price = PRICES[base] ?? ((at * 7919) % 1000) / 7 + 0.01;
  return { series: `${venue}:${base}/${quote}`, price, places: price > 1000 ? 2 : price > 1 ? 4 : 8 };
});

export function tick(market: Market): { series: string; last: string; bid: string; ask: string; at: string; receivedAt: string } {
  market.price *= 1 + (Math.random() - 0.5) / 800;
  const text = (value: number) => value.toFixed(market.places);
  const now = new Date().toISOString();
  const spread = market.price * 0.0002;
  return { series: market.series, last: text(market.price), bid: text(market.price - spread), ask: text(market.price + spread), at: now, receivedAt: now };
}

export const SPANS: Readonly<Record<string, number>> = {
  "1m": 60_000,
  "5m": 300_000,
  "15m": 900_000,
  "30m": 1_800_000,
  "1h": 3_600_000,
  "4h": 14_400_000,
  "1d": 86_400_000,
  "1w": 604_800_000,
  "1M": 2_592_000_000,
};

/** A number in -1 … 1 that belongs to a series and a bar. */
function noise(seed: string, at: number): number {
  let hash = 2166136261 ^ at;
  for (const letter of seed) hash = Math.imul(hash ^ letter.charCodeAt(0), 16777619);
  hash ^= hash >>> 15;
  return ((Math.imul(hash, 2246822519) >>> 0) / 2 ** 31) - 1;
}

export type Bar = [number, number, number, number, number, number];

const levelOf = (series: string, number: number, now: number): number =>
  now * (1 + 0.08 * Math.sin(number / 37) + 0.05 * Math.sin(number / 211) + 0.004 * noise(series, number));

/** The bar of a series at an instant; the newest closes at `now`. */
export function bar(series: string, resolution: string, atMs: number, now: number): Bar {
  const span = SPANS[resolution] ?? 60_000;
  const number = Math.floor(atMs / span);
  const newest = Math.floor(Date.now() / span);
  const open = number === newest ? levelOf(series, number - 1, now) : levelOf(series, number - 1, now);
  const close = number >= newest ? now : levelOf(series, number, now);
  const [high, low] = [Math.max(open, close), Math.min(open, close)];
  const wick = Math.abs(noise(series, number + 7)) * 0.003;
  const volume = series.startsWith("PORTFOLIO:") ? 0 : Math.abs(noise(series, number + 3)) * 400 + 10;
  return [number * span, open, high * (1 + wick), low * (1 - wick), close, volume];
}

/** Ten thousand bars back there is nothing. */
const BARS_KEPT = 10_000;

export function bars(series: string, resolution: string, now: number, query: URLSearchParams): { items: Bar[]; next_from: string | null } {
  const span = SPANS[resolution] ?? 60_000;
  const limit = Number(query.get("limit") ?? 500);
  const newest = Math.floor(Date.now() / span);
  const oldest = newest - BARS_KEPT;
  const [from, to] = [query.get("from"), query.get("to")];
  const last = Math.min(newest, to === null ? newest : Math.ceil(Number(to) / span) - 1);
  const first = Math.max(oldest, from === null ? last - limit + 1 : Math.ceil(Number(from) / span));
  const end = from === null ? last : Math.min(last, first + limit - 1);
  const items: Bar[] = [];
  for (let number = first; number <= end; number++) items.push(bar(series, resolution, number * span, now));
  return { items, next_from: from !== null && end < last ? new Date((end + 1) * span).toISOString() : null };
}
