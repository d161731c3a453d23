/** Answers of a desk about keys: every private amount holds the digits 7319 or 4462. */
import type { KeyCard, KeyDrill, Revocation } from "@/core/keys_contracts";
import { decimal } from "@/shared/decimals";
import { ACCOUNT_ID } from "@/testing/fixtures";

const AT = "2026-11-20T12:00:00.000000Z";
const usdt = (amount: string) => ({ amount: decimal(amount), asset: "USDT" });
export const DELETE_AT = { url: "https://pro.kraken.com/app/settings/api", path: "Settings → Connections & API → Delete" };

export const keyCard = (more: Partial<KeyCard> = {}): KeyCard => ({
  account_id: ACCOUNT_ID,
  venue: "kraken",
  label: "Long hold",
  state: "active",
  key_hint: "f3Qz",
  rights: [
    { right: "read", said: true, verdict: "allowed", asked: "POST /0/private/BalanceEx", code: null, may: true, contradicted: false },
    { right: "trade", said: true, verdict: "allowed", asked: "POST /0/private/AddOrder validate=true", code: null, may: true, contradicted: false },
    { right: "withdraw", said: false, verdict: "refused", asked: "POST /0/private/WithdrawInfo", code: null, may: false, contradicted: false },
  ],
  ip_bound: true,
  addresses: ["192.0.2.7"],
  tested_at: AT,
  stored: { cipher: "AES-256-GCM under a data key of its own", key_source: "file:0123456789abcdef", sealed_at: AT, rotations: 1, destroyed_at: null },
  stake: { seen: usdt("7319.44"), tradable: usdt("7319.44"), withdrawable: usdt("0"), unpriced: ["WXMR"], reported_at: AT },
  last_used_at: AT,
  uses: [{ asker: "accounts_refresh", operation: "balances", outcome: "ok", uses: 3, first_at: AT, last_at: AT, correlation_id: "correlation-1" }],
  delete_at: DELETE_AT,
  ...more,
});

export const keyDrill = (more: Partial<KeyDrill> = {}): KeyDrill => ({
  drill_id: "drill-1",
  mode: "drill",
  actor: "user:1",
  started_at: AT,
  finished_at: AT,
  keys: 1,
  destroyed: 0,
  halted: false,
  took_ms: 1234,
  ...more,
});

export const revocation = (more: Partial<Revocation> = {}): Revocation => ({
  drill: keyDrill(),
  steps: [{ name: "keys", took_ms: 12.5, code: null }],
  keys: [{ account_id: ACCOUNT_ID, venue: "kraken", label: "Long hold", key_hint: "f3Qz", destroyed: false, took_ms: 11.2, code: null, delete_at: DELETE_AT }],
  ...more,
});
