/** Reads what running strategies did: their firings, the orders of these, and the ledger's fills of those. */
import { useCallback } from "react";
import type { Entry } from "@/core/contracts";
import { useResource } from "@/core/resources";
import type { RuleSet } from "@/core/rules_contracts";
import { type Rules, useRulesDesk } from "@/core/rules";
import { type Services, useServices } from "@/core/services";
import { fillsByMarket, firingOf, type Result, resultOf } from "@/features/rules/results";

/** So far back it is read. */
export const ORDERS_MOST = 2_000;
export const ENTRIES_MOST = 1_000;
const EVERY_MS = 10_000;

type Means = Pick<Services, "trading" | "desk"> & { readonly rules: Rules };

/** The result on each market on which the rule sets traded. */
export async function readResults({ rules, trading, desk }: Means, ruleSetIds: readonly string[]): Promise<readonly Result[]> {
  const firings = await Promise.all(ruleSetIds.map((id) => rules.firings(id)));
  const fired = new Set(firings.flat().map(({ firing_id }) => firing_id));
  if (fired.size === 0) return [];
  const orders = (await trading.past(ORDERS_MOST)).filter((order) => fired.has(firingOf(order) ?? ""));
  const places = new Map(orders.map(({ account_id, instrument }) => [`${account_id} ${instrument}`, { account_id, instrument }]));
  const pages = await Promise.all([...places.values()].map((place) => desk.ledger({ ...place, kind: "trade" }, null, ENTRIES_MOST)));
  const entries: readonly Entry[] = pages.flatMap(({ items }) => items);
  return [...fillsByMarket(entries, orders)].map(([instrument, fills]) => resultOf(instrument, fills));
}

export const resultsKey = (ruleSets: readonly RuleSet[]): string => `rules:results:${ruleSets.map(({ rule_set_id }) => rule_set_id).join(",")}`;

export function useResults(ruleSets: readonly RuleSet[]) {
  const rules = useRulesDesk();
  const { trading, desk, resources } = useServices();
  const ids = ruleSets.map(({ rule_set_id }) => rule_set_id).join(",");
  const load = useCallback(() => readResults({ rules, trading, desk }, ids.split(",")), [rules, trading, desk, ids]);
  return useResource(resources, resultsKey(ruleSets), load, EVERY_MS);
}
