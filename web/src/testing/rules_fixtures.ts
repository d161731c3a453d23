/** Rules, firings, replays and templates as the desk answers them, for tests. */
import type { Replay, Shadow, Sweep, Template } from "@/core/replay_contracts";
import type { Definition, Firing, FiringRuns, Intent, Judged, RuleSet, RuleSetStates } from "@/core/rules_contracts";
import { decimal } from "@/shared/decimals";
import { ACCOUNT_ID, entry } from "@/testing/fixtures";
import { order } from "@/testing/trading_fixtures";

export const at = (ms: number): string => new Date(Date.parse("2026-11-20T12:00:00Z") + ms).toISOString();
/** A whole minute beyond the round figure, for the page's clock ticks once a second. */
const agoMinutes = (minutes: number): string => new Date(Date.now() - minutes * 60_000).toISOString();
export const RULE_SET_ID = "22222222-2222-4222-8222-222222222222";
export const MARKET = "BINANCE:BTC/USDT";

export const definition = (more: Partial<Definition> = {}): Definition => ({
  rules: [{ name: "Oversold", condition: { kind: "compare", left: `RSI(${MARKET},15m,14)`, relation: "<", right: "30" } }],
  actions: [{ kind: "panic_sell", scope: { kind: "portfolio", account_id: null, asset: null }, into: null }],
  repeating: true,
  cooldown_s: 3600,
  active_hours: null,
  policy: "stop",
  ...more,
});

export const ruleSet = (more: Partial<RuleSet> = {}): RuleSet => ({
  rule_set_id: RULE_SET_ID,
  name: "Crash guard",
  version: 2,
  mode: "shadow",
  definition: definition(),
  is_dangerous: true,
  done: false,
  firings: 1,
  firings_ever: 1,
  last_fired_at: at(0),
  armed_at: at(-86_400_000),
  shadow_since: agoMinutes(36 * 60 + 1),
  live_from: agoMinutes(-36 * 60 + 1),
  created_at: at(-90_000_000),
  ...more,
});

export const states = (more: Partial<RuleSetStates["items"][number]> = {}) => ({
  asOf: at(0),
  items: [
    {
      ruleSetId: RULE_SET_ID,
      version: 2,
      mode: "shadow",
      decision: "not_true",
      rules: [{ name: "Oversold", truth: false }],
      distances: [{ rule: "Oversold", number: 1, what: "compare", value: "41.5", threshold: "30", ratio: "0.27711", at: null }],
      trails: [],
      ...more,
    },
  ],
});

export const firing = (more: Partial<Firing> = {}): Firing => ({
  firing_id: "firing-1",
  rule_set_id: RULE_SET_ID,
  version: 2,
  mode: "live",
  number: 1,
  instant: at(0),
  fired_at: at(120),
  reason: "Oversold",
  evidence: [{ text: `RSI(${MARKET},15m,14)`, value: decimal("29.1"), source: "bars", at: at(0) }],
  correlation_id: "corr-1",
  ...more,
});

export const judged = (more: Partial<Judged> = {}): Judged => ({
  instant: at(0),
  version: 2,
  told_at: at(60),
  judged_at: at(120),
  outcome: "not_true",
  rules: [{ name: "Oversold", truth: false }],
  seen: [{ text: `RSI(${MARKET},15m,14)`, value: decimal("40"), source: "bars", at: at(0) }],
  ...more,
});

const intent = (): Intent => ({
  key: "firing-1:0:0",
  round: 0,
  kind: "order",
  state: "done",
  code: null,
  message: null,
  wanted: { account_id: ACCOUNT_ID, instrument: MARKET, side: "sell", type: "market", quantity: decimal("0.5"), price: null, reduce_only: true },
  filled: decimal("0.5"),
  filled_quote: decimal("25000"),
  order: {
    ...order({ state: "filled", side: "sell", created_at: at(200), sent_at: at(210) }),
    steps: [
      { at: at(210), state: "sent", filled: decimal("0"), code: null, source: "desk" },
      { at: at(260), state: "filled", filled: decimal("0.5"), code: null, source: "venue" },
    ],
  },
  fills: [entry(7, { instrument: MARKET, occurred_at: at(255), recorded_at: at(400), legs: [{ role: "base", asset: "BTC", amount: decimal("-0.5") }, { role: "quote", asset: "USDT", amount: decimal("25000") }] })],
  recorded_at: at(200),
  settled_at: at(270),
});

export const chain = (more: Partial<FiringRuns> = {}): FiringRuns => ({
  firing_id: "firing-1",
  rule_set: "Crash guard",
  reason: "Oversold",
  policy: "stop",
  correlation_id: "corr-1",
  runs: [{ step: 0, action: definition().actions[0]!, state: "done", code: null, message: null, residue: [], intents: [intent()], started_at: at(180), finished_at: at(280) }],
  seen_at: at(20),
  fired_at: at(120),
  taken_at: at(150),
  finished_at: at(300),
  ...more,
});

const figures = (more: Partial<Replay["figures"]> = {}): Replay["figures"] => ({
  start_value: decimal("7319"),
  end_value: decimal("7685"),
  return_ratio: decimal("0.05"),
  max_drawdown_ratio: decimal("0.02"),
  trades: 2,
  sales: 1,
  win_ratio: decimal("1"),
  realised: decimal("366"),
  fees_paid: decimal("7.5"),
  exposure_ratio: decimal("0.4"),
  firings: 1,
  ...more,
});

const DAY_MS = 86_400_000;
const start = Date.parse(at(-14 * DAY_MS));
const span = { from: at(-14 * DAY_MS), to: at(0), resolution: "15m", bars: 1344, base_asset: "USDT" };
const hold = { end_value: decimal("7000"), return_ratio: decimal("-0.04"), max_drawdown_ratio: decimal("0.1") };

export const replay = (more: Partial<Replay> = {}): Replay => ({
  ...span,
  fill_model: { fee_ratio: decimal("0.001"), slippage_ratio: decimal("0.0005"), text: ["Orders fill at the next bar's open, 0.05 % worse."] },
  rule_sets: [{ name: "Crash guard", definition: definition() }],
  figures: figures(),
  hold,
  buy_and_hold: { ...hold, instrument: MARKET },
  equity: { at: [start, start + DAY_MS, start + 2 * DAY_MS], values: [7319, 7200, 7685], hold: [7319, 7100, 7000] },
  firings: [{ rule_set: 0, instant: at(-DAY_MS), evidence: [], outcomes: [{ action: "panic_sell", outcome: "done" }] }],
  fills: [{ at: at(-DAY_MS), account_id: ACCOUNT_ID, instrument: MARKET, side: "sell", quantity: decimal("0.1"), price: decimal("50000"), fee: decimal("5"), fee_asset: "USDT", reason: "Crash guard", gain: decimal("366") }],
  notes: ["DOGE has no price: it is left out."],
  took_ms: 42,
  ...more,
});

export const sweep = (): Sweep => ({
  ...span,
  sort: "return_ratio",
  rows: [
    { parameters: { buy_below: "25" }, figures: figures() },
    { parameters: { buy_below: "30" }, figures: figures({ return_ratio: decimal("0.01"), max_drawdown_ratio: decimal("0.005"), win_ratio: null }) },
  ],
  refused: [{ parameters: { buy_below: "90" }, code: "templates.parameter_invalid", message: "buy_below: This is at most 50." }],
  hold,
  buy_and_hold: null,
  notes: [],
  took_ms: 12,
});

export const shadow = (more: Partial<Shadow> = {}): Shadow => ({
  rule_set_id: RULE_SET_ID,
  shadow_since: ruleSet().shadow_since,
  live_from: ruleSet().live_from,
  days_left: 1.5,
  firings: [firing({ mode: "shadow" })],
  simulated: replay(),
  ...more,
});

export const template = (): Template => ({
  template: "rsi",
  name: "RSI",
  description: "Buys what fell too far.",
  parameters: [
    { name: "instrument", label: "Market", description: "What is bought and sold.", kind: "instrument", default: MARKET, least: null, most: null },
    { name: "account", label: "Account", description: "Where it trades.", kind: "account", default: null, least: null, most: null },
    { name: "buy_below", label: "Buys below", description: "", kind: "decimal", default: "30", least: decimal("1"), most: decimal("50") },
  ],
});
