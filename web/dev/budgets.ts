/** Made-up budgets: one venue under load with a banned way out, one that counts by rate, and idle ones. */

const MINUTE_MS = 60_000;
const at = (ms: number) => new Date(ms).toISOString();

const wait = (priority: string, granted: number, mean_ms: number | null, p50_ms: number | null, p99_ms: number | null) => ({ priority, granted, mean_ms, p50_ms, p99_ms });

const IDLE = [wait("order", 0, null, null, null), wait("stop", 0, null, null, null), wait("fill", 0, null, null, null), wait("history", 0, null, null, null)];
const BUSY = [wait("order", 412, 0.6, 1, 20), wait("stop", 96, 0.8, 1, 50), wait("fill", 5_210, 14.2, 5, 200), wait("history", 48_120, 1_840, 500, null)];

function limits(share: number, nowMs: number) {
  const ends = (periodMs: number) => at((Math.floor(nowMs / periodMs) + 1) * periodMs);
  return [
    { limit: "weight", used: Math.floor(6_000 * share), allowed: 6_000, resets_at: ends(MINUTE_MS) },
    { limit: "raw", used: Math.floor(300_000 * share * 0.02), allowed: 300_000, resets_at: ends(5 * MINUTE_MS) },
    { limit: "connections", used: Math.floor(12 * share), allowed: 300, resets_at: ends(5 * MINUTE_MS) },
    { limit: "sapi_ip", used: Math.floor(11_100 * share), allowed: 12_000, resets_at: ends(MINUTE_MS) },
  ];
}

const egress = (name: string, last: number, more: Record<string, unknown>) => ({ egress: name, address: `192.0.2.${last}`, state: "alive", banned_until: null, ...more });

function venue(name: string, nowMs: number, more: Record<string, unknown> = {}) {
  return {
    venue: name,
    as_of: at(nowMs),
    window_s: 3600,
    source: "made up",
    egresses: [] as unknown[],
    waits: IDLE,
    refused: {},
    answered_429: 0,
    answered_418: 0,
    folded_weight: 0,
    cache: {},
    hit_ratio: null as number | null,
    ...more,
  };
}

/** How budgets stand now; they fill up as their minute passes. */
export function budgets(isEmpty: boolean) {
  const nowMs = Date.now();
  const passed = (nowMs % MINUTE_MS) / MINUTE_MS;
  const others = ["bitfinex", "coinbase", "htx"].map((name) => venue(name, nowMs));
  if (isEmpty) return { items: others };
  const egresses = [
    egress("egress-1", 10, { limits: limits(passed * 0.99, nowMs) }),
    egress("egress-2", 11, { limits: limits(1, nowMs), state: "banned", banned_until: at(nowMs + 3 * MINUTE_MS) }),
    egress("egress-3", 12, { limits: limits(0, nowMs), state: "gone" }),
  ];
  const counts = { refused: { weight: 310, fair_share: 31, banned: 4 }, answered_429: 1, folded_weight: 1_240, cache: { hit: 9_120, coalesced: 2_210, batched: 840, fetched: 5_030 }, hit_ratio: 0.7076 };
  const rates = [egress("own", 10, { limits: [] })];
  return { items: [venue("binance", nowMs, { egresses, waits: BUSY, ...counts }), venue("kraken", nowMs, { egresses: rates }), ...others] };
}
