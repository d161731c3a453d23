/** Answers of a desk, small and recognisable: every private amount holds the digits 7319 or 4462. */
import type { Account, Bar, CandlePage, Entry, ImportProgress, Portfolio, Position, Session, VenueBudget } from "@/core/contracts";
import { decimal } from "@/shared/decimals";

export const ACCOUNT_ID = "11111111-1111-4111-8111-111111111111";
const AT = "2026-11-20T12:00:00.000000Z";

export const session = (more: Partial<Session> = {}): Session => ({
  access_token: "token-1",
  token_type: "Bearer",
  expires_at: new Date(Date.now() + 3_600_000).toISOString(),
  user: {
    user_id: "user",
    email: "someone@example.test",
    tenant_id: "tenant",
    role: "owner",
    base_asset: "USDT",
    display_asset: "USDT",
    time_zone: "Europe/Berlin",
    permissions: [{ action: "manage", subject: "all" }],
  },
  ...more,
});

export const position = (more: Partial<Position> = {}): Position => ({
  account_id: ACCOUNT_ID,
  contract: "BTC/USDT:USDT",
  side: "long",
  quantity: decimal("0.7319"),
  entry_price: decimal("60000.12345678"),
  mark_price: decimal("61000.5"),
  unrealised_pnl: decimal("732.17319"),
  settle: "USDT",
  liquidation_price: decimal("44620.5"),
  reported_at: AT,
  ...more,
});

export const importProgress = (more: Partial<ImportProgress> = {}): ImportProgress => ({
  import_id: "import-1",
  account_id: ACCOUNT_ID,
  state: "running",
  stage: "trades XRP/ETH",
  rows_recorded: 120,
  rows_duplicate: 0,
  rows_skipped: 0,
  streams_done: 1,
  streams_total: 4,
  progress_ratio: 0.25,
  eta_s: 30,
  queued_at: AT,
  started_at: AT,
  finished_at: null,
  error_code: null,
  error_message: null,
  ...more,
});

export const account = (more: Partial<Account> = {}): Account => ({
  account_id: ACCOUNT_ID,
  venue: "binance",
  label: "Long hold",
  state: "active",
  state_code: null,
  key_hint: "f3Qz",
  permissions: { may_read: true, may_trade: false, may_withdraw: false, ip_bound: false, checked_at: AT },
  created_at: AT,
  refreshed_at: AT,
  import: null,
  ...more,
});

const ASSET = {
  asset: "XRP",
  quantity: decimal("7319.25"),
  unproven: decimal("0"),
  value: decimal("4462.75"),
  price: decimal("0.61"),
  priced_at: AT,
  average_cost: decimal("0.4462"),
  realised_pnl: decimal("-73.19"),
  unrealised_pnl: decimal("1196.8954462"),
  share_ratio: decimal("0.875"),
} as const;

export const portfolio = (more: Partial<Portfolio> = {}): Portfolio => ({
  portfolio_id: "portfolio",
  base_asset: "USDT",
  as_of: AT,
  total: { value: decimal("7319.4462"), complete: false, priced_at: AT },
  accounts: [{ account_id: ACCOUNT_ID, label: "Long hold", venue: "binance", state: "active", value: decimal("7319.4462"), refreshed_at: AT }],
  assets: [
    ASSET,
    { ...ASSET, asset: "DOGE", unproven: decimal("7319"), average_cost: null, unrealised_pnl: null },
    { ...ASSET, asset: "WXMR", value: null, price: null, priced_at: null, unrealised_pnl: null, share_ratio: null },
  ],
  holdings: [
    {
      account_id: ACCOUNT_ID,
      asset: "XRP",
      quantity: decimal("7319.25"),
      reported_quantity: decimal("7319.25"),
      reported_at: AT,
      difference: decimal("0"),
      unproven: decimal("0"),
      average_cost: [{ amount: decimal("0.4462"), asset: "USDT" }],
      average_cost_value: decimal("0.4462"),
      realised_pnl: [],
      realised_pnl_value: null,
      unrealised_pnl_value: decimal("1196.8954462"),
      price: decimal("0.61"),
      priced_at: AT,
      value: decimal("4462.75"),
      folded_at: AT,
      stale: true,
    },
  ],
  unpriced: ["WXMR"],
  rates: { USDT: decimal("1"), EUR: decimal("1.25"), BTC: null },
  ...more,
});

/** Bars of a quarter of an hour that end at noon; the last closes at 7319.25. */
export const candlePage = (more: Partial<CandlePage> = {}): CandlePage => {
  const last = Date.parse(AT);
  const bars = Array.from({ length: 5 }, (_, at): Bar => [last - (4 - at) * 900_000, 7300, 7400, 7200, at === 4 ? 7319.25 : 7310, 0]);
  return { series: "PORTFOLIO:portfolio", resolution: "15m", base: "USDT", items: bars, next_from: null, ...more };
};

export const entry = (sequence: number, more: Partial<Entry> = {}): Entry => ({
  entry_id: `entry-${sequence}`,
  account_id: ACCOUNT_ID,
  sequence,
  kind: "trade",
  identity: `trade:XRPETH:${sequence}`,
  source: "binance.rest",
  instrument: "BINANCE:XRP/ETH",
  order_id: "265",
  occurred_at: AT,
  recorded_at: AT,
  correlation_id: "correlation",
  legs: [
    { role: "base", asset: "XRP", amount: decimal("-7319.25") },
    { role: "quote", asset: "ETH", amount: decimal("4.4462") },
    { role: "fee", asset: "BNB", amount: decimal("-0.00007319") },
  ],
  previous_hash: "0".repeat(64),
  hash: "a".repeat(64),
  ...more,
});

export const venueBudget = (more: Partial<VenueBudget> = {}): VenueBudget => ({
  venue: "binance",
  as_of: AT,
  window_s: 3600,
  source: "a table, 2026-11-01",
  egresses: [
    {
      egress: "egress-1",
      address: "192.0.2.10",
      state: "alive",
      banned_until: null,
      limits: [{ limit: "weight", used: 4_500, allowed: 6_000, resets_at: "2026-11-20T12:00:24.000000Z" }],
    },
  ],
  waits: [
    { priority: "order", granted: 12, mean_ms: 0.5, p50_ms: 1, p99_ms: 5 },
    { priority: "history", granted: 1_234, mean_ms: 900.25, p50_ms: 500, p99_ms: null },
  ],
  refused: { no_room: 3 },
  answered_429: 1,
  answered_418: 0,
  folded_weight: 40,
  cache: { hit: 30, fetched: 10 },
  hit_ratio: 0.75,
  ...more,
});
