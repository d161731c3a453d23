/** What the desk's API answers about doubts, compared balances and transfers. */
import * as z from "zod/mini";
import { amount, instant } from "@/core/contracts";

const text = z.nullable(z.string());

export const CAUSES = [
  "negative_balance",
  "missing_acquisition",
  "difference",
  "unmatched_transfer",
  "contradicted",
  "unknown_symbol",
  "unreadable_row",
  "gap",
  "history_horizon",
  "key_failing",
] as const;
export type Cause = (typeof CAUSES)[number];

export const STATES = ["open", "resolved", "dismissed"] as const;
export type FindingState = (typeof STATES)[number];

export const ACTIONS = [
  "record_deposit",
  "record_withdrawal",
  "opening_lot",
  "accept_reported",
  "accept_told",
  "link_transfer",
  "name_symbol",
  "reimport",
  "dismiss",
] as const;
export type Action = (typeof ACTIONS)[number];

const finding_fields = {
  finding_id: z.string(),
  cause: z.enum(CAUSES),
  state: z.enum(STATES),
  account_id: text,
  asset: text,
  wallet: text,
  occurred_at: z.nullable(instant),
  at_stake: z.nullable(z.object({ amount, asset: z.string() })),
  value: z.nullable(amount),
  details: z.record(z.string(), z.unknown()),
  actions: z.array(z.enum(ACTIONS)),
  raised_at: instant,
  changed_at: instant,
  returned: z.int(),
  settlement: z.nullable(z.object({ action: z.string(), by: z.string(), at: instant, note: z.string(), undoable: z.boolean() })),
};
export const finding = z.object(finding_fields);
export type Finding = z.infer<typeof finding>;

export const finding_page = z.object({ items: z.array(finding), base_asset: z.string(), total: z.int(), value: amount, next_cursor: text });
export type FindingPage = z.infer<typeof finding_page>;

export const finding_detail = z.object({
  ...finding_fields,
  events: z.array(z.object({ at: instant, what: z.string(), by: z.string(), note: z.string() })),
});
export type FindingDetail = z.infer<typeof finding_detail>;

export const repaired = z.object({
  entries: z.array(
    z.object({ kind: z.string(), occurred_at: instant, legs: z.array(z.object({ role: z.string(), asset: z.string(), amount, wallet: z.string() })) }),
  ),
  finding: finding_detail,
});
export type Repaired = z.infer<typeof repaired>;

export const movement = z.object({
  movement_id: z.string(),
  account_id: z.string(),
  asset: z.string(),
  amount,
  fee: amount,
  at: instant,
  tx_hash: text,
  address: text,
  network: text,
});
export type Movement = z.infer<typeof movement>;

export const movements = z.object({ items: z.array(movement), next_cursor: text });

export const balance_check = z.object({
  account_id: z.string(),
  wallet: z.string(),
  asset: z.string(),
  derived: amount,
  reported: amount,
  difference: amount,
  difference_value: z.nullable(amount),
  reported_at: instant,
  age_s: z.number(),
  cycles_open: z.int(),
  open_since: z.nullable(instant),
  proven_since: z.nullable(instant),
  proven_until: z.nullable(instant),
});
export type BalanceCheck = z.infer<typeof balance_check>;

export const reconciliation = z.object({ items: z.array(balance_check), base_asset: z.string(), total: z.int(), differing: z.int(), next_cursor: text });
export type Reconciliation = z.infer<typeof reconciliation>;

const range = z.object({ low: amount, high: amount });
export type Range = z.infer<typeof range>;

export const uncertainty = z.object({ base_asset: z.string(), proven: z.boolean(), value: range, realised: range, findings: z.array(z.string()), prices: z.array(z.string()) });
export type Uncertainty = z.infer<typeof uncertainty>;
