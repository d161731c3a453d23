/** Rules, actions and distances in words. */
import type { Action, Condition, Definition, Distance, Mode, Scope } from "@/core/rules_contracts";
import { percentText, spanText } from "@/features/rules/spans";
import { toPercent } from "@/shared/arithmetic";
import { sign } from "@/shared/decimals";

export const MODE_WORDS: Readonly<Record<Mode, string>> = { draft: "Draft", shadow: "Shadow", live: "Live", paused: "Paused" };

export const CONDITION_WORDS: Readonly<Record<Condition["kind"], string>> = {
  trailing_stop: "Trailing stop",
  compare: "Compare",
  cross: "Cross",
  change: "Percent change",
  held: "True for a while",
  schedule: "Schedule",
  all: "All of",
  any: "Any of",
  not: "Not",
};

export const ACTION_WORDS: Readonly<Record<Action["kind"], string>> = {
  panic_sell: "Panic sell",
  sell: "Sell",
  reduce: "Reduce",
  place_order: "Place an order",
  cancel_orders: "Cancel orders",
  halt_trading: "Halt trading",
  notify: "Notify",
  webhook: "Call a webhook",
  reduce_bot_buy_amount: "Let a bot buy for less",
  switch_bot: "Switch a bot",
};

/** Portfolio and account ids are long and say nothing. */
export const shortened = (text: string): string =>
  text.replace(/(PORTFOLIO|ACCOUNT):[0-9a-f-]{36}/g, (_, name: string) => name.toLowerCase()).replace(/\b(account|position) [0-9a-f]{8}-[0-9a-f-]{27}/g, "$1");

export function scopeWords({ account_id, asset }: Scope): string {
  if (asset) return account_id ? `${asset} of an account` : `all ${asset}`;
  return account_id ? "an account" : "the portfolio";
}

/** A condition as a sentence. */
export function conditionWords(condition: Condition): string {
  switch (condition.kind) {
    case "compare":
      return shortened(`${condition.left} ${condition.relation} ${condition.right}`);
    case "cross":
      return shortened(`${condition.left} crosses ${condition.direction} ${condition.right}`);
    case "change":
      return shortened(`${condition.operand} over ${spanText(condition.window_s)} ${condition.relation} ${percentText(condition.ratio)} %`);
    case "held":
      return `${conditionWords(condition.condition)} for ${spanText(condition.lasting_s)}`;
    case "schedule":
      return "On schedule";
    case "trailing_stop": {
      const arms = condition.arm_ratio === "0" ? "" : `, once it gained ${percentText(condition.arm_ratio)} %`;
      return `${condition.bot_id ? "A bot" : scopeWords(condition.scope)} falls ${percentText(condition.trail_ratio)} % below its best${arms}`;
    }
    case "not":
      return `Not: ${conditionWords(condition.condition)}`;
    default:
      return condition.conditions.map(conditionWords).join(condition.kind === "all" ? " and " : " or ");
  }
}

function inside(condition: Condition): readonly Condition[] {
  if (condition.kind === "held" || condition.kind === "not") return [condition, ...inside(condition.condition)];
  if (condition.kind === "all" || condition.kind === "any") return [condition, ...condition.conditions.flatMap(inside)];
  return [condition];
}

/** The condition of a number: 1 is the first rule's, each before what it holds. */
export const conditionAt = (definition: Definition, number: number): Condition | undefined => definition.rules.flatMap((rule) => inside(rule.condition))[number - 1];

/** How far it is from being true. */
export function distanceWords({ what, ratio }: Distance): string {
  if (what === "due") return "when it is due";
  if (what === "held") return "since it is true";
  if (ratio === null) return "not known yet";
  if (sign(ratio) <= 0) return what === "arms" ? "arms now" : what === "fires" ? "fires now" : "true now";
  const percent = toPercent(ratio);
  return what === "arms" ? `${percent} % until it arms` : what === "fires" ? `${percent} % down to its sell-at` : `${percent} % to go`;
}

/** How near, 0 to 1, for a bar that is full when it is true: 20 % away and more is empty. */
export function nearness({ ratio }: Distance): number {
  if (ratio === null) return 0;
  return Math.max(0, Math.min(1, 1 - Number(ratio) / 0.2));
}

const DECISIONS: Readonly<Record<string, string>> = {
  fire: "fires",
  not_true: "not true",
  not_known: "a figure is not known",
  not_released: "waits to be false once",
  cooling_down: "cooling down",
  not_active: "outside its hours",
  done: "has fired, and fires once",
  edited: "was edited meanwhile",
  not_watched: "was not watched",
  duplicate: "was judged already",
  removed: "was removed",
  disagrees: "was told figures that are not so",
};
export const decisionWords = (decision: string | null): string => (decision === null ? "waits to be judged" : (DECISIONS[decision] ?? decision.replaceAll("_", " ")));

/** An action as a short sentence. */
export function actionWords(action: Action): string {
  switch (action.kind) {
    case "panic_sell":
      return `Sell everything of ${scopeWords(action.scope)}${action.into ? ` into ${action.into}` : ""}`;
    case "sell":
      return `Sell ${action.size.unit === "ratio" ? `${percentText(action.size.value)} % of ${action.asset}` : `${action.size.value} of ${action.asset}`}`;
    case "reduce":
      return `Sell ${percentText(action.ratio)} % of each position of ${scopeWords(action.scope)}`;
    case "place_order":
      return `${action.side === "buy" ? "Buy" : "Sell"} ${action.instrument} (${action.type})`;
    case "cancel_orders":
      return `Cancel the open ${action.side ? `${action.side} ` : ""}orders of ${scopeWords(action.scope)}`;
    case "halt_trading":
      return "Halt trading";
    case "notify":
      return `Notify (${action.severity})`;
    case "webhook":
      return `Post to ${action.url}`;
    case "reduce_bot_buy_amount":
      return `Let bot ${action.bot_id} buy for ${percentText(action.ratio)} % less`;
    case "switch_bot":
      return `Switch ${action.part} of ${action.bot_id} ${action.on ? "on" : "off"}`;
  }
}
