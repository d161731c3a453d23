/** Doubts as a desk answers them, small and recognisable. */
import type { Finding, FindingDetail, FindingPage } from "@/core/books_contracts";
import { decimal } from "@/shared/decimals";

const ACCOUNT_ID = "11111111-1111-4111-8111-111111111111";
const AT = "2026-11-20T12:00:00.000000Z";

export const finding = (more: Partial<Finding> = {}): Finding => ({
  finding_id: "f-1",
  cause: "negative_balance",
  state: "open",
  account_id: ACCOUNT_ID,
  asset: "XRP",
  wallet: "spot",
  occurred_at: AT,
  at_stake: { amount: decimal("7319.5"), asset: "XRP" },
  value: decimal("4462.25"),
  details: { identity: "trade:XRPETH:7", balance: "-7319.5", lacking: "7319.5" },
  actions: ["record_deposit", "opening_lot", "reimport", "dismiss"],
  raised_at: AT,
  changed_at: AT,
  returned: 0,
  settlement: null,
  ...more,
});

export const findingPage = (items: readonly Finding[] = [finding()], more: Partial<FindingPage> = {}): FindingPage => ({
  items: [...items],
  base_asset: "USDT",
  total: items.length,
  value: decimal("4462.25"),
  next_cursor: null,
  ...more,
});

export const findingDetail = (more: Partial<FindingDetail> = {}): FindingDetail => ({
  ...finding(),
  events: [{ at: AT, what: "raised", by: "desk", note: "" }],
  ...more,
});
