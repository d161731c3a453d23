/** What the desk's API answers, checked where it enters. Amounts are decimal texts, instants RFC 3339 in UTC. */
import * as z from "zod/mini";
import { type Decimal, isDecimal } from "@/shared/decimals";

export const amount = z.custom<Decimal>((value) => typeof value === "string" && isDecimal(value), "a decimal text");
export const instant = z.string().check(z.refine((text) => !Number.isNaN(Date.parse(text)), "an instant"));
const count = z.int().check(z.nonnegative());

export const casl_rule = z.looseObject({
  action: z.union([z.string(), z.array(z.string())]),
  subject: z.optional(z.union([z.string(), z.array(z.string())])),
  inverted: z.optional(z.boolean()),
  conditions: z.optional(z.record(z.string(), z.unknown())),
});
export type PermissionRule = z.infer<typeof casl_rule>;

export const user = z.object({
  user_id: z.string(),
  email: z.string(),
  tenant_id: z.string(),
  role: z.string(),
  base_asset: z.string(),
  display_asset: z.string(),
  time_zone: z.string(),
  permissions: z.array(casl_rule),
});
export type User = z.infer<typeof user>;

export const session = z.object({
  access_token: z.string().check(z.minLength(1)),
  token_type: z.literal("Bearer"),
  expires_at: instant,
  user,
});
export type Session = z.infer<typeof session>;

export const import_progress = z.object({
  import_id: z.string(),
  account_id: z.string(),
  state: z.enum(["queued", "running", "done", "failed"]),
  stage: z.nullable(z.string()),
  rows_recorded: count,
  rows_duplicate: count,
  rows_skipped: count,
  streams_done: count,
  streams_total: count,
  progress_ratio: z.number().check(z.minimum(0), z.maximum(1)),
  eta_s: z.nullable(z.number().check(z.nonnegative())),
  queued_at: instant,
  started_at: z.nullable(instant),
  finished_at: z.nullable(instant),
  error_code: z.nullable(z.string()),
  error_message: z.nullable(z.string()),
});
export type ImportProgress = z.infer<typeof import_progress>;

export const key_permissions = z.object({
  may_read: z.nullish(z.boolean()),
  may_trade: z.nullish(z.boolean()),
  may_withdraw: z.nullish(z.boolean()),
  ip_bound: z.nullish(z.boolean()),
  checked_at: z.nullish(instant),
});
export type KeyPermissions = z.infer<typeof key_permissions>;

export const account = z.object({
  account_id: z.string(),
  venue: z.string(),
  label: z.string(),
  state: z.enum(["checking", "active", "failing", "disconnected", "manual"]),
  state_code: z.nullable(z.string()),
  key_hint: z.nullable(z.string()),
  permissions: z.nullable(key_permissions),
  created_at: instant,
  refreshed_at: z.nullable(instant),
  history_since: z.nullish(instant),
  import: z.nullable(import_progress),
});
export type Account = z.infer<typeof account>;
export const accounts = z.object({ items: z.array(account) });

export const venues = z.object({
  items: z.array(z.object({ venue: z.string(), name: z.string(), needs: z.array(z.string()) })),
});
export type Venue = z.infer<typeof venues>["items"][number];

const money = z.object({ amount, asset: z.string() });
export type Money = z.infer<typeof money>;

/** How well a price is confirmed; none without a price. */
const confirmed = { price_verdict: z.nullish(z.string()), price_sources: z.nullish(z.int()) };

export const portfolio_asset = z.object({
  asset: z.string(),
  quantity: amount,
  unproven: amount,
  value: z.nullable(amount),
  price: z.nullable(amount),
  priced_at: z.nullable(instant),
  average_cost: z.nullable(amount),
  realised_pnl: z.nullable(amount),
  unrealised_pnl: z.nullable(amount),
  share_ratio: z.nullable(amount),
  ...confirmed,
});
export type PortfolioAsset = z.infer<typeof portfolio_asset>;

export const holding = z.object({
  account_id: z.string(),
  asset: z.string(),
  quantity: amount,
  reported_quantity: z.nullable(amount),
  reported_at: z.nullable(instant),
  difference: z.nullable(amount),
  unproven: amount,
  average_cost: z.array(money),
  average_cost_value: z.nullable(amount),
  realised_pnl: z.array(money),
  realised_pnl_value: z.nullable(amount),
  unrealised_pnl_value: z.nullable(amount),
  price: z.nullable(amount),
  priced_at: z.nullable(instant),
  value: z.nullable(amount),
  folded_at: z.nullable(instant),
  stale: z.boolean(),
  ...confirmed,
});
export type Holding = z.infer<typeof holding>;

export const account_value = z.object({
  account_id: z.string(),
  label: z.string(),
  venue: z.string(),
  state: z.string(),
  value: z.nullable(amount),
  refreshed_at: z.nullable(instant),
});
export type AccountValue = z.infer<typeof account_value>;

export const total = z.object({ value: z.nullable(amount), complete: z.boolean(), priced_at: z.nullable(instant) });

export const portfolio = z.object({
  portfolio_id: z.string(),
  base_asset: z.string(),
  as_of: instant,
  total,
  accounts: z.array(account_value),
  assets: z.array(portfolio_asset),
  holdings: z.array(holding),
  unpriced: z.array(z.string()),
  rates: z.record(z.string(), z.nullable(amount)),
});
export type Portfolio = z.infer<typeof portfolio>;

export const position = z.object({
  account_id: z.string(),
  contract: z.string(),
  side: z.enum(["long", "short"]),
  quantity: amount,
  entry_price: amount,
  mark_price: amount,
  unrealised_pnl: amount,
  settle: z.string(),
  liquidation_price: z.nullable(amount),
  reported_at: instant,
});
export type Position = z.infer<typeof position>;
export const positions = z.object({ items: z.array(position) });

/** What is of the spot wallet may leave that unsaid. */
const leg = z.object({ role: z.string(), asset: z.string(), amount, wallet: z.optional(z.string()) });
export type Leg = z.infer<typeof leg>;

export const entry = z.object({
  entry_id: z.string(),
  account_id: z.string(),
  sequence: z.int().check(z.positive()),
  kind: z.string(),
  identity: z.string(),
  source: z.string(),
  instrument: z.nullable(z.string()),
  order_id: z.nullable(z.string()),
  occurred_at: instant,
  recorded_at: instant,
  correlation_id: z.string(),
  legs: z.array(leg),
  previous_hash: z.string(),
  hash: z.string(),
});
export type Entry = z.infer<typeof entry>;
export const ledger_page = z.object({ items: z.array(entry), next_cursor: z.nullable(z.string()) });
export type LedgerPage = z.infer<typeof ledger_page>;

export const chain_report = z.object({
  ok: z.boolean(),
  verified_at: instant,
  accounts: z.array(
    z.object({
      account_id: z.string(),
      entries: count,
      head_hash: z.nullable(z.string()),
      ok: z.boolean(),
      first_broken_sequence: z.nullable(z.int()),
      reason: z.nullable(z.string()),
    }),
  ),
});
export type ChainReport = z.infer<typeof chain_report>;

/** Bars are numbers: they are drawn, never added up. Start in milliseconds since 1970, open, high, low, close, volume. */
export const bar = z.tuple([z.int(), z.number(), z.number(), z.number(), z.number(), z.number()]);
export type Bar = z.infer<typeof bar>;
export const candle_page = z.object({
  series: z.string(),
  resolution: z.string(),
  base: z.string(),
  items: z.array(bar),
  next_from: z.nullable(instant),
});
export type CandlePage = z.infer<typeof candle_page>;

/** What is used of a venue's limit in the present window. */
const budget_limit = z.object({ limit: z.string(), used: count, allowed: z.int().check(z.positive()), resets_at: instant });
export type BudgetLimit = z.infer<typeof budget_limit>;

const budget_egress = z.object({
  egress: z.string(),
  address: z.string(),
  state: z.enum(["alive", "banned", "gone"]),
  banned_until: z.nullable(instant),
  limits: z.array(budget_limit),
});
export type BudgetEgress = z.infer<typeof budget_egress>;

/** Percentiles are upper ends of buckets; null with waits granted: past the last one. */
const budget_wait = z.object({
  priority: z.enum(["order", "stop", "fill", "history"]),
  granted: count,
  mean_ms: z.nullable(z.number().check(z.nonnegative())),
  p50_ms: z.nullable(count),
  p99_ms: z.nullable(count),
});
export type BudgetWait = z.infer<typeof budget_wait>;

const venue_budget = z.object({
  venue: z.string(),
  as_of: instant,
  window_s: count,
  source: z.string(),
  egresses: z.array(budget_egress),
  waits: z.array(budget_wait),
  refused: z.record(z.string(), count),
  answered_429: count,
  answered_418: count,
  folded_weight: count,
  cache: z.record(z.string(), count),
  hit_ratio: z.nullable(z.number().check(z.minimum(0), z.maximum(1))),
});
export type VenueBudget = z.infer<typeof venue_budget>;
export const budgets = z.object({ items: z.array(venue_budget) });

const check = z.object({ ok: z.boolean(), latency_ms: z.nullish(z.number()) });
export const health = z.object({ status: z.string(), version: z.string(), checks: z.record(z.string(), check) });
export type Health = z.infer<typeof health>;

export const problem = z.object({
  title: z.optional(z.string()),
  status: z.optional(z.number()),
  detail: z.optional(z.string()),
  code: z.string(),
  correlation_id: z.optional(z.string()),
  retry_after_s: z.nullish(z.number()),
  errors: z.nullish(z.array(z.object({ path: z.string(), message: z.string() }))),
});
