/** Strategies that run: rule sets that trade, those of one template together. */
import type { Action, RuleSet } from "@/core/rules_contracts";

const TRADING: readonly Action["kind"][] = ["place_order", "sell", "reduce", "panic_sell"];

export interface Strategy {
  readonly name: string;
  readonly ruleSets: readonly RuleSet[];
}

export const trades = ({ definition }: Pick<RuleSet, "definition">): boolean => definition.actions.some(({ kind }) => TRADING.includes(kind));

/** A template names its rule sets `RSI BTC/USDT: entry` and `RSI BTC/USDT: exit`. */
const nameOf = ({ name }: RuleSet): string => (name.includes(": ") ? name.slice(0, name.lastIndexOf(": ")) : name);

/** Of all rule sets those that trade and are no drafts; the newest strategy first. */
export function strategiesOf(ruleSets: readonly RuleSet[]): readonly Strategy[] {
  const groups = new Map<string, RuleSet[]>();
  for (const each of ruleSets) {
    if (each.mode === "draft" || !trades(each)) continue;
    groups.set(nameOf(each), [...(groups.get(nameOf(each)) ?? []), each]);
  }
  return [...groups].map(([name, members]) => ({ name, ruleSets: members })).reverse();
}
