/** Replays, sweeps and templates of strategies, as the desk answers them. */
import * as z from "zod/mini";
import { amount, instant } from "@/core/contracts";
import { firing_shape, written } from "@/core/rules_contracts";

const parameter = z.object({
  name: z.string(),
  label: z.string(),
  description: z.string(),
  kind: z.enum(["instrument", "account", "resolution", "integer", "decimal", "ratio"]),
  default: z.nullable(z.string()),
  least: z.nullable(amount),
  most: z.nullable(amount),
});
export type TemplateParameter = z.infer<typeof parameter>;
const template = z.object({ template: z.string(), name: z.string(), description: z.string(), parameters: z.array(parameter) });
export type Template = z.infer<typeof template>;
export const templates = z.object({ items: z.array(template) });
export const built = z.object({ rule_sets: z.array(written) });

const figures = z.object({
  start_value: amount,
  end_value: amount,
  return_ratio: z.nullable(amount),
  max_drawdown_ratio: amount,
  trades: z.int(),
  sales: z.int(),
  win_ratio: z.nullable(amount),
  realised: amount,
  fees_paid: amount,
  exposure_ratio: amount,
  firings: z.int(),
});
export type ReplayFigures = z.infer<typeof figures>;

const hold = z.object({ end_value: amount, return_ratio: z.nullable(amount), max_drawdown_ratio: amount });
const market_hold = z.extend(hold, { instrument: z.string() });
const fill_model = z.object({ fee_ratio: amount, slippage_ratio: amount, text: z.array(z.string()) });

const fill = z.object({
  at: instant,
  account_id: z.string(),
  instrument: z.string(),
  side: z.enum(["buy", "sell"]),
  quantity: amount,
  price: amount,
  fee: amount,
  fee_asset: z.string(),
  reason: z.string(),
  gain: z.nullable(amount),
});
export type ReplayFill = z.infer<typeof fill>;

const replay_firing = z.object({
  rule_set: z.int(),
  instant,
  evidence: z.array(z.object({ text: z.string(), value: z.nullable(amount), source: z.string(), at: z.nullable(instant) })),
  outcomes: z.array(z.object({ action: z.string(), outcome: z.string() })),
});
export type ReplayFiring = z.infer<typeof replay_firing>;

const span = { from: instant, to: instant, resolution: z.string(), bars: z.int(), base_asset: z.string() };

/** Numbers here are drawn, never added up. */
const equity = z.object({ at: z.array(z.number()), values: z.array(z.nullable(z.number())), hold: z.array(z.nullable(z.number())) });
export type Equity = z.infer<typeof equity>;

export const replay = z.object({
  ...span,
  fill_model,
  rule_sets: z.array(written),
  figures,
  hold,
  buy_and_hold: z.nullable(market_hold),
  equity,
  firings: z.array(replay_firing),
  fills: z.array(fill),
  notes: z.array(z.string()),
  took_ms: z.number(),
});
export type Replay = z.infer<typeof replay>;

const values = z.record(z.string(), z.string());
export const sweep = z.object({
  ...span,
  sort: z.string(),
  rows: z.array(z.object({ parameters: values, figures })),
  refused: z.array(z.object({ parameters: values, code: z.string(), message: z.string() })),
  hold,
  buy_and_hold: z.nullable(market_hold),
  notes: z.array(z.string()),
  took_ms: z.number(),
});
export type Sweep = z.infer<typeof sweep>;

export const shadow = z.object({
  rule_set_id: z.string(),
  shadow_since: z.nullable(instant),
  live_from: z.nullable(instant),
  days_left: z.nullable(z.number()),
  firings: z.array(firing_shape),
  simulated: z.nullable(replay),
});
export type Shadow = z.infer<typeof shadow>;
