/** Doubts and comparisons of the fake desk. */
interface Answer {
  readonly status?: number;
  readonly body?: unknown;
}

const ACCOUNTS = ["0d1f8a52-1111-4c0e-9a61-000000000001", "0d1f8a52-1111-4c0e-9a61-000000000002"] as const;
const at = (minutes: number) => new Date(Date.now() - minutes * 60_000).toISOString();

const base = (finding_id: string, cause: string, more: Record<string, unknown>) => ({
  finding_id,
  cause,
  state: "open",
  account_id: ACCOUNTS[0],
  asset: "BTC",
  wallet: "spot",
  occurred_at: at(60 * 24 * 40),
  at_stake: { amount: "0.5", asset: "BTC" },
  value: "31250.75",
  details: {},
  actions: ["dismiss"],
  raised_at: at(90),
  changed_at: at(90),
  returned: 0,
  settlement: null,
  ...more,
});

const FINDINGS = [
  base("f-1", "negative_balance", { details: { identity: "trade:BTCUSDT:70219821", balance: "-0.5", lacking: "0.5" }, actions: ["record_deposit", "opening_lot", "reimport", "dismiss"] }),
  base("f-2", "difference", {
    asset: "ETH",
    at_stake: { amount: "2.25", asset: "ETH" },
    value: "5512.5",
    returned: 1,
    details: { derived: "12.25", reported: "10", difference: "-2.25", open_since: at(7), proven_until: at(60 * 24 * 3) },
    actions: ["record_deposit", "record_withdrawal", "opening_lot", "accept_reported", "reimport", "dismiss"],
  }),
  base("f-3", "unmatched_transfer", {
    account_id: ACCOUNTS[1],
    asset: "SOL",
    at_stake: { amount: "12", asset: "SOL" },
    value: "1830",
    details: { movement_id: `${ACCOUNTS[1]}/withdrawal:7`, identity: "withdrawal:7", direction: "out", amount: "-12", fee: "0.01", tx_hash: "4d5f7c81", address: "7xKXtg2C", network: "SOL" },
    actions: ["link_transfer", "dismiss"],
  }),
  base("f-4", "contradicted", {
    asset: "XRP",
    at_stake: { amount: "3", asset: "XRP" },
    value: "1.83",
    details: {
      identity: "trade:XRPETH:7",
      booked: { kind: "trade", occurred_at: at(900), legs: [{ asset: "XRP", amount: "100" }, { asset: "ETH", amount: "-0.02" }] },
      told: { kind: "trade", occurred_at: at(900), legs: [{ asset: "XRP", amount: "103" }, { asset: "ETH", amount: "-0.02" }] },
    },
    actions: ["accept_told", "dismiss"],
  }),
  base("f-5", "unreadable_row", { asset: null, wallet: null, at_stake: null, value: null, details: { identity: "deposit:9", reason: "import.row_malformed", row: { coin: "BTC", amount: null } }, actions: ["reimport", "dismiss"] }),
];
const EVENTS = [{ at: at(90), what: "raised", by: "desk", note: "" }];

export function inbox(method: string, id: string | undefined, rest: string | undefined, isEmpty: boolean): Answer {
  if (!id) return { body: { items: isEmpty ? [] : FINDINGS, base_asset: "USDT", total: isEmpty ? 0 : FINDINGS.length, value: isEmpty ? "0" : "38595.08", next_cursor: null } };
  const found = FINDINGS.find(({ finding_id }) => finding_id === id);
  const detail = { ...found, events: EVENTS };
  if (method === "GET" || rest !== "repair") return { body: detail };
  const leg = { role: "movement", asset: "BTC", amount: "0.5", wallet: "spot" };
  return { body: { entries: [{ kind: "deposit", occurred_at: at(60 * 24 * 40), legs: [leg] }], finding: detail } };
}

const check = (asset: string, derived: string, difference: string, more: Record<string, unknown> = {}) => ({
  account_id: ACCOUNTS[0],
  wallet: "spot",
  asset,
  derived,
  reported: derived,
  difference,
  difference_value: difference,
  reported_at: at(0.4),
  age_s: 24,
  cycles_open: 0,
  open_since: null,
  proven_since: at(60 * 24 * 900),
  proven_until: at(0.4),
  ...more,
});
const CHECKS = [
  check("BTC", "1.29450001", "0"),
  check("ETH", "12.25", "-2.25", { reported: "10", difference_value: "-5512.5", cycles_open: 7, proven_until: at(60 * 24 * 3) }),
  check("SOL", "88", "0.01", { reported: "88.01", difference_value: "1.52", cycles_open: 1 }),
  check("USDT", "20451.338", "0"),
  check("USDT", "-120", "0", { wallet: "margin", account_id: ACCOUNTS[1] }),
  check("XMR", "0", "4", { reported: "4", difference_value: null, cycles_open: 12, proven_since: null, proven_until: null, account_id: ACCOUNTS[1] }),
];

export function reconciliation(query: URLSearchParams, isEmpty: boolean): Answer {
  const items = isEmpty ? [] : CHECKS.filter(({ cycles_open }) => query.get("differences") !== "true" || cycles_open > 0);
  return { body: { items, base_asset: "USDT", total: isEmpty ? 0 : CHECKS.length, differing: isEmpty ? 0 : 3, next_cursor: null } };
}

export const UNCERTAINTY: Answer = {
  body: { base_asset: "USDT", proven: false, value: { low: "61250.5", high: "98000.25" }, realised: { low: "-73.19", high: "5120" }, findings: ["f-1", "f-2"] },
};

export const CANDIDATES: Answer = {
  body: {
    items: [{ movement_id: `${ACCOUNTS[0]}/deposit:3`, account_id: ACCOUNTS[0], asset: "SOL", amount: "11.99", fee: "0", at: at(60 * 24 * 39), tx_hash: null, address: null, network: null }],
    next_cursor: null,
  },
};
