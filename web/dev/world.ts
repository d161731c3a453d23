/** A made-up desk for looking at the page without one: no figure in it means anything. */

export const SECOND = 1_000;

const ASSETS: readonly (readonly [string, string, string | null, string, string, string])[] = [
  // asset, quantity, price in USDT, average cost, realised, unproven
  ["BTC", "1.84021377", "63250.12", "41877.351204", "18240.55", "0"],
  ["ETH", "22.5048", "3125.4", "3390.11", "-1240.9", "2.5"],
  ["USDT", "18422.91", "1", "1", "0", "0"],
  ["SOL", "310.25", "148.02", "96.4451", "3991.2", "0"],
  ["XRP", "41200", "0.5214", "0.4877", "87.41", "0"],
  ["ADA", "9120.5", "0.3391", "0.4102", "-55.002", "0"],
  ["DOGE", "88000.1", "0.10433", "0.0711", "0", "88000.1"],
  ["LINK", "410.5", "13.77", "14.02", "12.5", "0"],
  ["BNB", "14.20391", "571.3", "402.7", "944.1", "0"],
  ["EUR", "2210.4", "1.0831", "1.07", "0", "0"],
  ["PEPE", "120000000", "0.00001021", "0.0000077", "0", "0"],
  ["WXMR", "12.004", null, "120.5", "0", "0"],
  ["AVAX", "-3.2", "27.1", "0", "0", "0"],
];
const MORE = Array.from({ length: 30 }, (_, at) => [`COIN${at + 1}`, `${(at + 1) * 7}.5`, `${(at % 9) + 1}.25`, `${(at % 7) + 1}.1`, `${at - 12}.5`, "0"] as const);

const times = (left: string, right: string) => (Number(left) * Number(right)).toFixed(8);
const ago = (seconds: number) => new Date(Date.now() - seconds * SECOND).toISOString();

export interface FakeAccount {
  readonly account_id: string;
  readonly venue: string;
  readonly label: string;
  state: string;
  state_code: string | null;
  readonly key_hint: string;
  readonly permissions: Record<string, unknown>;
  readonly created_at: string;
  refreshed_at: string | null;
  import: Record<string, unknown> | null;
}

const progress = (account_id: string, more: Record<string, unknown>) => ({
  import_id: `import-${account_id}`,
  account_id,
  state: "done",
  stage: null,
  rows_recorded: 4120,
  rows_duplicate: 0,
  rows_skipped: 0,
  streams_done: 9,
  streams_total: 9,
  progress_ratio: 1,
  eta_s: null,
  queued_at: ago(7300),
  started_at: ago(7298),
  finished_at: ago(7280),
  error_code: null,
  error_message: null,
  ...more,
});

function fakeAccount(account_id: string, label: string, more: Partial<FakeAccount> = {}): FakeAccount {
  const permissions = { may_read: true, may_trade: false, may_withdraw: false, ip_bound: false, checked_at: ago(300) };
  const base = { account_id, venue: "binance", label, state: "active", state_code: null, key_hint: "f3Qz", permissions };
  return { ...base, created_at: ago(80_000), refreshed_at: ago(24), import: progress(account_id, {}), ...more };
}

export const accounts: FakeAccount[] = [
  fakeAccount("0d1f8a52-1111-4c0e-9a61-000000000001", "Long hold"),
  fakeAccount("0d1f8a52-1111-4c0e-9a61-000000000002", "Day trading", {
    permissions: { may_read: true, may_trade: true, may_withdraw: false, ip_bound: true, checked_at: ago(90_000) },
  }),
  fakeAccount("0d1f8a52-1111-4c0e-9a61-000000000003", "Bots", {
    state: "failing",
    state_code: "venue.rate_limited",
    refreshed_at: ago(5400),
    import: progress("0d1f8a52-1111-4c0e-9a61-000000000003", {
      state: "failed",
      rows_recorded: 812,
      progress_ratio: 0.31,
      streams_done: 2,
      error_code: "venue.banned",
      error_message: "The venue blocked this address until 14:05.",
    }),
  }),
];

export function addAccount(label: string, venue: string): FakeAccount {
  const account_id = crypto.randomUUID();
  const queued = { state: "queued", rows_recorded: 0, progress_ratio: 0, streams_done: 0, streams_total: 0, queued_at: ago(0), started_at: null, finished_at: null };
  const made = fakeAccount(account_id, label, { venue, refreshed_at: null, import: progress(account_id, queued) });
  accounts.push(made);
  return made;
}

/** Moves every open import on; `true` for those that changed. */
export function advance(seconds: number): FakeAccount[] {
  return accounts.filter((account) => {
    const now = account.import;
    if (!now || (now["state"] !== "queued" && now["state"] !== "running")) return false;
    const ratio = Math.min(1, (now["progress_ratio"] as number) + seconds * 0.04);
    const isDone = ratio >= 1;
    Object.assign(now, {
      state: isDone ? "done" : "running",
      stage: isDone ? null : ratio < 0.1 ? "deposits" : "trades XRP/ETH",
      rows_recorded: Math.floor(ratio * 12_477),
      streams_total: 7,
      streams_done: Math.floor(ratio * 7),
      progress_ratio: ratio,
      eta_s: isDone ? null : (1 - ratio) / 0.04,
      started_at: now["started_at"] ?? ago(0),
      finished_at: isDone ? ago(0) : null,
    });
    if (isDone) account.refreshed_at = ago(0);
    return true;
  });
}

const SHARES = [0.61, 0.3, 0.09];

export function portfolio(display: Record<string, unknown>) {
  const wobble = (1 + Math.sin(Date.now() / 4000) / 400).toFixed(6);
  const rows = [...ASSETS, ...MORE].map(([asset, quantity, price, cost, realised, unproven]) => {
    const now = price === null || asset === "USDT" ? price : times(price, wobble);
    const value = now === null ? null : times(quantity, now);
    const proven = (Number(quantity) - Number(unproven)).toFixed(8);
    const has = Number(cost) > 0 && Number(proven) > 0;
    const gain = now === null || !has ? null : (Number(times(proven, now)) - Number(times(proven, cost))).toFixed(8);
    return { asset, quantity, unproven, value, price: now, priced_at: now === null ? null : ago(asset === "PEPE" ? 4200 : 3), average_cost: has ? cost : null, realised_pnl: realised, unrealised_pnl: gain };
  });
  const total = rows.reduce((sum, { value }) => sum + Number(value ?? 0), 0);
  const assets = rows.map((row) => ({ ...row, share_ratio: row.value === null ? null : (Number(row.value) / total).toFixed(6) }));
  const holdings = rows.flatMap((row, at) =>
    accounts.slice(0, at % 3 === 0 ? 2 : 1).map(({ account_id }, nth) => ({
      ...row,
      account_id,
      reported_quantity: row.quantity,
      reported_at: ago(24 + nth * 40),
      difference: row.asset === "LINK" ? "0.00410000" : "0",
      average_cost: row.average_cost ? [{ amount: row.average_cost, asset: "USDT" }] : [],
      average_cost_value: row.average_cost,
      realised_pnl: [{ amount: row.realised_pnl, asset: "USDT" }],
      realised_pnl_value: row.realised_pnl,
      unrealised_pnl_value: row.unrealised_pnl,
      folded_at: ago(60),
      stale: row.asset === "XRP",
    })),
  );
  return {
    portfolio_id: "p",
    base_asset: "USDT",
    as_of: ago(1),
    total: { value: total.toFixed(8), complete: false, priced_at: ago(4200) },
    accounts: accounts.map(({ account_id, label, venue, state, refreshed_at }, at) => ({ account_id, label, venue, state, refreshed_at, value: (total * (SHARES[at % 3] ?? 0)).toFixed(8) })),
    assets,
    holdings,
    unpriced: ["WXMR"],
    rates: { USDT: "1", USDC: "0.9998", EUR: "1.0831", BTC: "63250.12", ETH: "3125.4" },
    ...display,
  };
}

const HEX = "0123456789abcdef";
const hash = (seed: number) => Array.from({ length: 64 }, (_, at) => HEX[Math.abs(Math.floor(Math.sin(seed * 31 + at * 7) * 1e6)) % 16]).join("");

/** Entry `sequence` of a ledger of `ledger.rows`, the newest first. */
export const ledger = { rows: 120_000 };
const LEDGER_ROWS = ledger.rows;

/** One entry more. */
export const grow = (): number => (ledger.rows += 1);

export function entry(sequence: number) {
  const account = accounts[sequence % 2] ?? fakeAccount("none", "None");
  const isDeposit = sequence % 97 === 0;
  const isBuy = sequence % 3 !== 0;
  const [quantity, quote] = [`${(sequence % 900) + 1}.${sequence % 100}`, `${((sequence % 700) + 1) / 1000}`];
  const trade = [
    { role: "base", asset: "XRP", amount: `${isBuy ? "" : "-"}${quantity}` },
    { role: "quote", asset: "ETH", amount: `${isBuy ? "-" : ""}${quote}` },
    { role: "fee", asset: "BNB", amount: "-0.00004177" },
  ];
  return {
    entry_id: `e-${sequence}`,
    account_id: account.account_id,
    sequence,
    kind: isDeposit ? "deposit" : "trade",
    identity: isDeposit ? `deposit:${sequence}` : `trade:XRPETH:${70_219_821 + sequence}`,
    source: "binance.rest",
    instrument: isDeposit ? null : "BINANCE:XRP/ETH",
    order_id: isDeposit ? null : `${265_500_000 + sequence}`,
    occurred_at: new Date(Date.parse("2019-10-13T10:41:24.620Z") - (LEDGER_ROWS - sequence) * 13_700).toISOString(),
    recorded_at: ago(7290),
    correlation_id: "4f1d2c9b7a60",
    legs: isDeposit ? [{ role: "movement", asset: "ETH", amount: "2.5" }] : trade,
    previous_hash: hash(sequence - 1),
    hash: hash(sequence),
  };
}
