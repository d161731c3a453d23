/** Why a rule set did not fire: each condition with the figures that were seen, and how far they were from enough. */
import type { Condition, Definition, Judged, RuleSetState, Scope, Seen } from "@/core/rules_contracts";
import { conditionAt, conditionWords } from "@/features/rules/words";
import { divide } from "@/shared/arithmetic";
import { absolute, add, compare, type Decimal, decimal, isDecimal, negate, sign } from "@/shared/decimals";

/** A condition as it was found. */
export interface Found {
  readonly words: string;
  readonly value: Decimal | null;
  readonly threshold: Decimal | null;
  /** By what part of its size the value had to move; at most 0 when it was enough, null when that can't be said. */
  readonly missing: Decimal | null;
}

type Values = ReadonlyMap<string, Decimal | null>;

/** An operand's value: a number itself, or a figure that was seen; formulas of several figures are not worked out here. */
const valueIn = (values: Values, operand: string): Decimal | null => (isDecimal(operand) ? decimal(operand) : (values.get(operand) ?? null));

/** What a stop's scope is called among the figures seen. */
export const scopeText = ({ kind, account_id, asset }: Scope): string =>
  ["value of", kind ?? (asset ? "position" : account_id ? "account" : "portfolio"), account_id, asset].filter(Boolean).join(" ");

function between(value: Decimal | null, threshold: Decimal | null, isUpwards: boolean): Decimal | null {
  if (value === null || threshold === null || sign(value) === 0) return null;
  const missing = isUpwards ? add(threshold, negate(value)) : add(value, negate(threshold));
  return divide(missing, absolute(value));
}

function foundOf(condition: Condition, values: Values): readonly Found[] {
  switch (condition.kind) {
    case "compare":
    case "cross": {
      const [value, threshold] = [valueIn(values, condition.left), valueIn(values, condition.right)];
      const isUpwards = condition.kind === "compare" ? condition.relation.startsWith(">") : condition.direction === "above";
      return [{ words: conditionWords(condition), value, threshold, missing: between(value, threshold, isUpwards) }];
    }
    case "change": {
      const now = valueIn(values, condition.operand);
      const pastText = [...values.keys()].find((text) => text.startsWith(`${condition.operand} at `));
      const past = pastText === undefined ? null : (values.get(pastText) ?? null);
      const change = now === null || past === null || sign(past) === 0 ? null : divide(add(now, negate(past)), absolute(past));
      const limit = decimal(condition.ratio);
      const isUpwards = condition.relation.startsWith(">");
      const missing = change === null ? null : isUpwards ? add(limit, negate(change)) : add(change, negate(limit));
      return [{ words: conditionWords(condition), value: change, threshold: limit, missing }];
    }
    case "trailing_stop":
      return [{ words: conditionWords(condition), value: valueIn(values, scopeText(condition.scope)), threshold: null, missing: null }];
    case "schedule":
      return [{ words: conditionWords(condition), value: null, threshold: null, missing: null }];
    case "held":
    case "not":
      return foundOf(condition.condition, values);
    default:
      return condition.conditions.flatMap((each) => foundOf(each, values));
  }
}

const valuesOf = (seen: readonly Seen[]): Values => new Map(seen.map(({ text, value }) => [text, value]));

/** Every condition of a rule set, in order, with what was seen of it. */
export const foundIn = (definition: Definition, seen: readonly Seen[]): readonly Found[] => {
  const values = valuesOf(seen);
  return definition.rules.flatMap(({ condition }) => foundOf(condition, values));
};

/** What is known right now of each condition of a watched rule set. */
export const foundNow = (definition: Definition, state: RuleSetState): readonly Found[] =>
  state.distances.map(({ number, rule, value, threshold, ratio }) => {
    const condition = conditionAt(definition, number);
    return { words: condition ? conditionWords(condition) : rule, value, threshold, missing: ratio };
  });

/** The largest distance that is known: what kept it from firing most. */
export function farthest(found: readonly Found[]): Found | null {
  const known = found.filter(({ missing }) => missing !== null);
  return known.reduce<Found | null>((most, each) => (most === null || compare(each.missing, most.missing) > 0 ? each : most), null);
}

/** Only what did not fire needs a reason; what was judged twice has been told already. */
export const didNotFire = ({ outcome }: Judged): boolean => outcome !== null && outcome !== "fire" && outcome !== "duplicate";
