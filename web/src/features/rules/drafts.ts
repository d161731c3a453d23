/** A definition as its form holds it: spans, percents and lists as people write them. */
import type { Action, Condition, Definition, Direction, Policy, Relation, Scope } from "@/core/rules_contracts";
import { numbersOf, percentText, ratioOf, spanOf, spanText } from "@/features/rules/spans";

export type DraftCondition =
  | { readonly kind: "compare"; readonly left: string; readonly relation: Relation; readonly right: string }
  | { readonly kind: "cross"; readonly left: string; readonly direction: Direction; readonly right: string }
  | { readonly kind: "change"; readonly operand: string; readonly window: string; readonly relation: Relation; readonly percent: string }
  | { readonly kind: "held"; readonly condition: DraftCondition; readonly lasting: string }
  | { readonly kind: "schedule"; readonly minutes: string; readonly hours: string; readonly days: string; readonly months: string; readonly weekdays: string; readonly zone: string }
  | { readonly kind: "trailing_stop"; readonly scope: Scope; readonly botId: string; readonly arm: string; readonly trail: string }
  | { readonly kind: "all" | "any"; readonly conditions: readonly DraftCondition[] }
  | { readonly kind: "not"; readonly condition: DraftCondition };
export type ConditionKind = DraftCondition["kind"];

export interface DraftRule {
  readonly name: string;
  readonly condition: DraftCondition;
}

export interface DraftHours {
  readonly begin: string;
  readonly end: string;
  readonly zone: string;
  readonly weekdays: string;
}

export interface Draft {
  readonly name: string;
  readonly rules: readonly DraftRule[];
  readonly actions: readonly Action[];
  readonly repeating: boolean;
  readonly cooldown: string;
  readonly hours: DraftHours | null;
  readonly policy: Policy;
}

/** What is wrong, by place: `rules.0.condition.left`. */
export type Faults = Readonly<Record<string, string>>;

export const NO_SCOPE: Scope = { kind: "portfolio", account_id: null, asset: null };

// From the desk ---------------------------------------------------------------------------------------------------------

const listed = (numbers: readonly number[]): string => numbers.join(", ");

function draftCondition(condition: Condition): DraftCondition {
  switch (condition.kind) {
    case "compare":
    case "cross":
      return { ...condition };
    case "change":
      return { kind: "change", operand: condition.operand, window: spanText(condition.window_s), relation: condition.relation, percent: percentText(condition.ratio) };
    case "held":
      return { kind: "held", condition: draftCondition(condition.condition), lasting: spanText(condition.lasting_s) };
    case "schedule": {
      const { minutes, hours, days, months, weekdays, zone } = condition;
      return { kind: "schedule", minutes: listed(minutes), hours: listed(hours), days: listed(days), months: listed(months), weekdays: listed(weekdays), zone };
    }
    case "trailing_stop":
      return { kind: "trailing_stop", scope: condition.scope, botId: condition.bot_id ?? "", arm: percentText(condition.arm_ratio), trail: percentText(condition.trail_ratio) };
    case "not":
      return { kind: "not", condition: draftCondition(condition.condition) };
    default:
      return { kind: condition.kind, conditions: condition.conditions.map(draftCondition) };
  }
}

/** The form of a definition. */
export function draftOf(name: string, definition: Definition): Draft {
  const hours = definition.active_hours;
  return {
    name,
    rules: definition.rules.map((rule) => ({ name: rule.name, condition: draftCondition(rule.condition) })),
    actions: definition.actions,
    repeating: definition.repeating,
    cooldown: spanText(definition.cooldown_s),
    hours: hours ? { ...hours, weekdays: listed(hours.weekdays) } : null,
    policy: definition.policy,
  };
}

// To the desk -----------------------------------------------------------------------------------------------------------

class Reading {
  readonly faults: Record<string, string> = {};

  span(text: string, place: string): number {
    return this.#read(spanOf(text), place, "Write it as 90 s, 15 min, 4 h or 2 d.", 0);
  }

  ratio(percent: string, place: string): string {
    return this.#read(ratioOf(percent), place, "Write a number of percent, such as 7.5.", "0");
  }

  numbers(text: string, place: string): number[] {
    return this.#read(numbersOf(text), place, "Write numbers, such as 0, 30.", []);
  }

  condition(draft: DraftCondition, place: string): Condition {
    switch (draft.kind) {
      case "compare":
      case "cross":
        return { ...draft };
      case "change":
        return { kind: "change", operand: draft.operand, window_s: this.span(draft.window, `${place}.window_s`), relation: draft.relation, ratio: this.ratio(draft.percent, `${place}.ratio`) };
      case "held":
        return { kind: "held", condition: this.condition(draft.condition, `${place}.condition`), lasting_s: this.span(draft.lasting, `${place}.lasting_s`) };
      case "schedule": {
        const part = (name: "minutes" | "hours" | "days" | "months" | "weekdays") => this.numbers(draft[name], `${place}.${name}`);
        return { kind: "schedule", minutes: part("minutes"), hours: part("hours"), days: part("days"), months: part("months"), weekdays: part("weekdays"), zone: draft.zone.trim() };
      }
      case "trailing_stop": {
        const [arm_ratio, trail_ratio] = [this.ratio(draft.arm, `${place}.arm_ratio`), this.ratio(draft.trail, `${place}.trail_ratio`)];
        return { kind: "trailing_stop", scope: draft.scope, bot_id: draft.botId.trim() || null, arm_ratio, trail_ratio };
      }
      case "not":
        return { kind: "not", condition: this.condition(draft.condition, `${place}.condition`) };
      default:
        return { kind: draft.kind, conditions: draft.conditions.map((each, at) => this.condition(each, `${place}.conditions.${at}`)) };
    }
  }

  #read<Value>(value: Value | null, place: string, message: string, otherwise: Value): Value {
    if (value === null) this.faults[place] = message;
    return value ?? otherwise;
  }
}

/** The definition that a form means, and what of it can't be meant. */
export function definitionOf(draft: Draft): { readonly definition: Definition; readonly faults: Faults } {
  const reading = new Reading();
  const { hours } = draft;
  const definition: Definition = {
    rules: draft.rules.map(({ name, condition }, at) => ({ name: name.trim(), condition: reading.condition(condition, `rules.${at}.condition`) })),
    actions: [...draft.actions],
    repeating: draft.repeating,
    cooldown_s: reading.span(draft.cooldown, "cooldown_s"),
    active_hours: hours ? { ...hours, zone: hours.zone.trim(), weekdays: reading.numbers(hours.weekdays, "active_hours.weekdays") } : null,
    policy: draft.policy,
  };
  return { definition, faults: reading.faults };
}

// What is added ---------------------------------------------------------------------------------------------------------

const MARKET = "BINANCE:BTC/USDT";

/** A condition as it is first shown. */
export function newCondition(kind: ConditionKind): DraftCondition {
  const rsi = `RSI(${MARKET},15m,14)`;
  switch (kind) {
    case "compare":
      return { kind, left: rsi, relation: "<", right: "30" };
    case "cross":
      return { kind, left: `EMA(${MARKET},1h,12)`, direction: "above", right: `EMA(${MARKET},1h,26)` };
    case "change":
      return { kind, operand: `price(${MARKET})`, window: "1 h", relation: "<=", percent: "-5" };
    case "held":
      return { kind, condition: newCondition("compare"), lasting: "5 min" };
    case "schedule":
      return { kind, minutes: "0", hours: "9", days: "", months: "", weekdays: "", zone: "UTC" };
    case "trailing_stop":
      return { kind, scope: NO_SCOPE, botId: "", arm: "0", trail: "10" };
    case "not":
      return { kind, condition: newCondition("compare") };
    default:
      return { kind, conditions: [newCondition("compare")] };
  }
}

export const ACTION_KINDS = ["panic_sell", "sell", "reduce", "place_order", "cancel_orders", "halt_trading", "notify", "webhook"] as const;
export type ActionKind = (typeof ACTION_KINDS)[number];

/** An action as it is first shown. */
export function newAction(kind: ActionKind, accountId: string): Action {
  switch (kind) {
    case "panic_sell":
      return { kind, scope: NO_SCOPE, into: null };
    case "sell":
      return { kind, asset: "BTC", size: { unit: "ratio", value: "1" }, account_id: null, into: null };
    case "reduce":
      return { kind, ratio: "0.5", scope: NO_SCOPE, into: null };
    case "place_order":
      return { kind, account_id: accountId, instrument: MARKET, side: "buy", size: { unit: "quote", value: "100" }, type: "market", limit_price: null, limit_offset_ratio: null, reduce_only: false };
    case "cancel_orders":
      return { kind, scope: NO_SCOPE, side: null };
    case "halt_trading":
      return { kind, scope: NO_SCOPE, allow_reducing: false };
    case "notify":
      return { kind, text: "$rule_set fired: $reason", severity: "warning", channels: [] };
    case "webhook":
      return { kind, url: "https://", signed: true };
  }
}

/** A rule set that somebody begins. */
export const EMPTY_DRAFT: Draft = {
  name: "New rule",
  rules: [{ name: "When", condition: newCondition("compare") }],
  actions: [newAction("notify", "")],
  repeating: true,
  cooldown: "1 h",
  hours: null,
  policy: "stop",
};

// What the desk refused -------------------------------------------------------------------------------------------------

const TAGS = /(condition|conditions\.\d+|actions\.\d+)\.(?:compare|cross|change|held|schedule|trailing_stop|all|any|not|panic_sell|sell|reduce|place_order|cancel_orders|halt_trading|notify|webhook)(?=\.|$)/g;
const PLACE = /^((?:name|rules|actions|cooldown_s|active_hours)[a-z0-9_.]*): (.+)$/s;

/** The desk's own words by place: of each field that was sent, or of the one that a message begins with. */
export function faultsIn({ detail, errors }: { readonly detail: string; readonly errors: readonly { readonly path: string; readonly message: string }[] }): Faults {
  const told = errors.map(({ path, message }) => [path.replace(/^body\./, "").replace(/^definition\./, "").replace(TAGS, "$1"), message] as const);
  const found = PLACE.exec(detail);
  return Object.fromEntries([...told, ...(found?.[1] && found[2] ? [[found[1], found[2]] as const] : [])]);
}
