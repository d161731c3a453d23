/** The ledger's filter as it stands in the address, where it can be shared and reloaded. */
import type { LedgerFilter } from "@/core/desk";

export const KINDS = ["trade", "deposit", "withdrawal", "transfer", "conversion", "reward", "interest", "airdrop", "funding", "realised_pnl", "fee", "loan", "adjustment", "reversal"] as const;

/** Names in the address and at the desk; times are instants in UTC in both. */
const NAMES = { account: "account_id", asset: "asset", kind: "kind", instrument: "instrument", from: "from", to: "to" } as const;
export type FilterName = keyof typeof NAMES;

export function filterOf(search: URLSearchParams): LedgerFilter {
  const given = Object.entries(NAMES).map(([short, long]) => [long, search.get(short)?.trim()] as const);
  return Object.fromEntries(given.filter(([, value]) => value));
}

/** The address with one part of the filter changed; an empty value drops it. */
export function withFilter(search: URLSearchParams, name: FilterName, value: string): URLSearchParams {
  const next = new URLSearchParams(search);
  if (value.trim()) next.set(name, value.trim());
  else next.delete(name);
  return next;
}

export const isFiltered = (filter: LedgerFilter): boolean => Object.keys(filter).length > 0;
