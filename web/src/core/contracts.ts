/** What the desk's API answers, checked where it enters. Amounts are decimal texts, instants RFC 3339 in UTC. */
import * as z from "zod";
import { type Decimal, isDecimal } from "@/shared/decimals";

const amount = z.custom<Decimal>((value) => typeof value === "string" && isDecimal(value), "a decimal text");
const instant = z.string().refine((text) => !Number.isNaN(Date.parse(text)), "an instant");
const count = z.number().int().nonnegative();

export const casl_rule = z.looseObject({
  action: z.union([z.string(), z.array(z.string())]),
  subject: z.union([z.string(), z.array(z.string())]).optional(),
  inverted: z.boolean().optional(),
  conditions: z.record(z.string(), z.unknown()).optional(),
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
  access_token: z.string().min(1),
  token_type: z.literal("Bearer"),
  expires_at: instant,
  user,
});
export type Session = z.infer<typeof session>;

export const import_progress = z.object({
  import_id: z.string(),
  account_id: z.string(),
  state: z.enum(["queued", "running", "done", "failed"]),
  stage: z.string().nullable(),
  rows_recorded: count,
  rows_duplicate: count,
  rows_skipped: count,
  streams_done: count,
  streams_total: count,
  progress_ratio: z.number().min(0).max(1),
  eta_s: z.number().nonnegative().nullable(),
  queued_at: instant,
  started_at: instant.nullable(),
  finished_at: instant.nullable(),
  error_code: z.string().nullable(),
  error_message: z.string().nullable(),
});
export type ImportProgress = z.infer<typeof import_progress>;

export const key_permissions = z.object({
  may_read: z.boolean().nullish(),
  may_trade: z.boolean().nullish(),
  may_withdraw: z.boolean().nullish(),
  ip_bound: z.boolean().nullish(),
  checked_at: instant.nullish(),
});
export type KeyPermissions = z.infer<typeof key_permissions>;

export const account = z.object({
  account_id: z.string(),
  venue: z.string(),
  label: z.string(),
  state: z.enum(["checking", "active", "failing", "disconnected"]),
  state_code: z.string().nullable(),
  key_hint: z.string().nullable(),
  permissions: key_permissions.nullable(),
  created_at: instant,
  refreshed_at: instant.nullable(),
  import: import_progress.nullable(),
});
export type Account = z.infer<typeof account>;
export const accounts = z.object({ items: z.array(account) });

export const venues = z.object({
  items: z.array(z.object({ venue: z.string(), name: z.string(), needs: z.array(z.string()) })),
});
export type Venue = z.infer<typeof venues>["items"][number];

const money = z.object({ amount, asset: z.string() });
export type Money = z.infer<typeof money>;

export const portfolio_asset = z.object({
  asset: z.string(),
  quantity: amount,
  unproven: amount,
  value: amount.nullable(),
  price: amount.nullable(),
  priced_at: instant.nullable(),
  average_cost: amount.nullable(),
  realised_pnl: amount.nullable(),
  unrealised_pnl: amount.nullable(),
  share_ratio: amount.nullable(),
});
export type PortfolioAsset = z.infer<typeof portfolio_asset>;

export const holding = z.object({
  account_id: z.string(),
  asset: z.string(),
  quantity: amount,
  reported_quantity: amount.nullable(),
  reported_at: instant.nullable(),
  difference: amount.nullable(),
  unproven: amount,
  average_cost: z.array(money),
  average_cost_value: amount.nullable(),
  realised_pnl: z.array(money),
  realised_pnl_value: amount.nullable(),
  unrealised_pnl_value: amount.nullable(),
  price: amount.nullable(),
  priced_at: instant.nullable(),
  value: amount.nullable(),
  folded_at: instant.nullable(),
  stale: z.boolean(),
});
export type Holding = z.infer<typeof holding>;

export const portfolio = z.object({
  portfolio_id: z.string(),
  base_asset: z.string(),
  as_of: instant,
  total: z.object({ value: amount.nullable(), complete: z.boolean(), priced_at: instant.nullable() }),
  accounts: z.array(
    z.object({
      account_id: z.string(),
      label: z.string(),
      venue: z.string(),
      state: z.string(),
      value: amount.nullable(),
      refreshed_at: instant.nullable(),
    }),
  ),
  assets: z.array(portfolio_asset),
  holdings: z.array(holding),
  unpriced: z.array(z.string()),
  rates: z.record(z.string(), amount.nullable()),
});
export type Portfolio = z.infer<typeof portfolio>;

const leg = z.object({ role: z.string(), asset: z.string(), amount });
export type Leg = z.infer<typeof leg>;

export const entry = z.object({
  entry_id: z.string(),
  account_id: z.string(),
  sequence: z.number().int().positive(),
  kind: z.string(),
  identity: z.string(),
  source: z.string(),
  instrument: z.string().nullable(),
  order_id: z.string().nullable(),
  occurred_at: instant,
  recorded_at: instant,
  correlation_id: z.string(),
  legs: z.array(leg),
  previous_hash: z.string(),
  hash: z.string(),
});
export type Entry = z.infer<typeof entry>;
export const ledger_page = z.object({ items: z.array(entry), next_cursor: z.string().nullable() });
export type LedgerPage = z.infer<typeof ledger_page>;

export const chain_report = z.object({
  ok: z.boolean(),
  verified_at: instant,
  accounts: z.array(
    z.object({
      account_id: z.string(),
      entries: count,
      head_hash: z.string().nullable(),
      ok: z.boolean(),
      first_broken_sequence: z.number().int().nullable(),
      reason: z.string().nullable(),
    }),
  ),
});
export type ChainReport = z.infer<typeof chain_report>;

const check = z.object({ ok: z.boolean(), latency_ms: z.number().nullish() });
export const health = z.object({ status: z.string(), version: z.string(), checks: z.record(z.string(), check) });
export type Health = z.infer<typeof health>;

export const problem = z.object({
  title: z.string().optional(),
  status: z.number().optional(),
  detail: z.string().optional(),
  code: z.string(),
  correlation_id: z.string().optional(),
  retry_after_s: z.number().nullish(),
  errors: z.array(z.object({ path: z.string(), message: z.string() })).nullish(),
});
