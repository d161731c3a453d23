/** Rule sets as the desk speaks of them: conditions, actions, firings, and what became of them. */
import * as z from "zod/mini";
import { amount, entry, instant } from "@/core/contracts";
import { order, order_detail } from "@/core/trading_contracts";

export const MODES = ["draft", "shadow", "live", "paused"] as const;
export type Mode = (typeof MODES)[number];
export const RELATIONS = [">", ">=", "<", "<="] as const;
export type Relation = (typeof RELATIONS)[number];
export type Direction = "above" | "below";
export const POLICIES = ["stop", "continue", "escalate"] as const;
export type Policy = (typeof POLICIES)[number];

const scope = z.object({
  kind: z.nullish(z.enum(["portfolio", "account", "position"])),
  account_id: z.nullish(z.string()),
  asset: z.nullish(z.string()),
});
export type Scope = z.infer<typeof scope>;

const numbers = z.array(z.int());

const leaves = {
  compare: z.object({ kind: z.literal("compare"), left: z.string(), relation: z.enum(RELATIONS), right: z.string() }),
  cross: z.object({ kind: z.literal("cross"), left: z.string(), direction: z.enum(["above", "below"]), right: z.string() }),
  change: z.object({ kind: z.literal("change"), operand: z.string(), window_s: z.int(), relation: z.enum(RELATIONS), ratio: z.string() }),
  schedule: z.object({ kind: z.literal("schedule"), minutes: numbers, hours: numbers, days: numbers, months: numbers, weekdays: numbers, zone: z.string() }),
  stop: z.object({ kind: z.literal("trailing_stop"), scope, bot_id: z.nullish(z.string()), arm_ratio: z.string(), trail_ratio: z.string() }),
};
type Leaf = z.infer<(typeof leaves)[keyof typeof leaves]>;

/** Something that is true or not; groups hold others. */
export type Condition =
  | Leaf
  | { kind: "held"; condition: Condition; lasting_s: number }
  | { kind: "all" | "any"; conditions: Condition[] }
  | { kind: "not"; condition: Condition };

export const condition: z.ZodMiniType<Condition> = z.lazy(() =>
  z.union([
    ...Object.values(leaves),
    z.object({ kind: z.literal("held"), condition, lasting_s: z.int() }),
    z.object({ kind: z.enum(["all", "any"]), conditions: z.array(condition) }),
    z.object({ kind: z.literal("not"), condition }),
  ]),
);

export const SIZE_UNITS = ["base", "quote", "ratio"] as const;
const size = z.object({ unit: z.enum(SIZE_UNITS), value: z.string() });
const into = z.nullish(z.string());
const side = z.enum(["buy", "sell"]);

export const action = z.discriminatedUnion("kind", [
  z.object({ kind: z.literal("panic_sell"), scope, into }),
  z.object({ kind: z.literal("sell"), asset: z.string(), size, account_id: z.nullish(z.string()), into }),
  z.object({ kind: z.literal("reduce"), ratio: z.string(), scope, into }),
  z.object({
    kind: z.literal("place_order"),
    account_id: z.string(),
    instrument: z.string(),
    side,
    size,
    type: z.string(),
    limit_price: z.nullish(z.string()),
    limit_offset_ratio: z.nullish(z.string()),
    reduce_only: z.boolean(),
  }),
  z.object({ kind: z.literal("cancel_orders"), scope, side: z.nullish(side) }),
  z.object({ kind: z.literal("halt_trading"), scope, allow_reducing: z.boolean() }),
  z.object({ kind: z.literal("notify"), text: z.string(), severity: z.enum(["info", "warning", "critical"]), channels: z.array(z.string()) }),
  z.object({ kind: z.literal("webhook"), url: z.string(), signed: z.boolean() }),
  z.object({ kind: z.literal("reduce_bot_buy_amount"), bot_id: z.string(), ratio: z.string() }),
  z.object({ kind: z.literal("switch_bot"), bot_id: z.string(), part: z.enum(["bot", "buying", "selling"]), on: z.boolean() }),
]);
export type Action = z.infer<typeof action>;

const active_hours = z.object({ begin: z.string(), end: z.string(), zone: z.string(), weekdays: numbers });

export const definition = z.object({
  rules: z.array(z.object({ name: z.string(), condition })),
  actions: z.array(action),
  repeating: z.boolean(),
  cooldown_s: z.int(),
  active_hours: z.nullish(active_hours),
  policy: z.enum(POLICIES),
});
export type Definition = z.infer<typeof definition>;

/** A rule set as it is written. */
export const written = z.object({ name: z.string(), definition });
export type Written = z.infer<typeof written>;

export const rule_set = z.object({
  rule_set_id: z.string(),
  name: z.string(),
  version: z.int(),
  mode: z.enum(MODES),
  definition,
  is_dangerous: z.boolean(),
  done: z.boolean(),
  firings: z.int(),
  firings_ever: z.int(),
  last_fired_at: z.nullable(instant),
  armed_at: z.nullable(instant),
  shadow_since: z.nullable(instant),
  live_from: z.nullable(instant),
  created_at: instant,
});
export type RuleSet = z.infer<typeof rule_set>;
export const rule_sets = z.object({ items: z.array(rule_set) });
export const checked = z.object({ definition, is_dangerous: z.boolean() });
export const confirmation = z.object({ confirmation: z.string(), expires_at: instant });

const trail = z.object({
  rule: z.string(),
  started_at: instant,
  reference: amount,
  arm_at: amount,
  armed_at: z.nullable(instant),
  best: amount,
  best_at: instant,
  sell_at: amount,
});
export type Trail = z.infer<typeof trail>;

const truth = z.object({ name: z.string(), truth: z.nullable(z.boolean()) });

const distance = z.object({
  rule: z.string(),
  number: z.int(),
  what: z.string(),
  value: z.nullable(amount),
  threshold: z.nullable(amount),
  ratio: z.nullable(amount),
  at: z.nullable(instant),
});
export type Distance = z.infer<typeof distance>;

const rule_set_state = z.object({
  rule_set_id: z.string(),
  version: z.int(),
  mode: z.string(),
  decision: z.string(),
  rules: z.array(truth),
  distances: z.array(distance),
  trails: z.array(trail),
});
export type RuleSetState = z.infer<typeof rule_set_state>;
export const rule_set_states = z.object({ as_of: instant, items: z.array(rule_set_state) });
export type RuleSetStates = z.infer<typeof rule_set_states>;

const seen = z.object({ text: z.string(), value: z.nullable(amount), source: z.string(), at: z.nullable(instant) });
export type Seen = z.infer<typeof seen>;

const firing = z.object({
  firing_id: z.string(),
  rule_set_id: z.string(),
  version: z.int(),
  mode: z.string(),
  number: z.int(),
  instant,
  fired_at: instant,
  reason: z.string(),
  evidence: z.array(seen),
  correlation_id: z.string(),
});
export type Firing = z.infer<typeof firing>;
export const firing_shape = firing;
export const firings = z.object({ items: z.array(firing) });

const judged = z.object({
  instant,
  version: z.int(),
  told_at: instant,
  judged_at: z.nullable(instant),
  outcome: z.nullable(z.string()),
  rules: z.array(truth),
  seen: z.array(seen),
});
export type Judged = z.infer<typeof judged>;
export const judged_list = z.object({ items: z.array(judged) });

const residue = z.object({ account_id: z.string(), asset: z.string(), quantity: amount, why: z.string() });
const wanted_order = z.object({
  account_id: z.string(),
  instrument: z.string(),
  side,
  type: z.string(),
  quantity: amount,
  price: z.nullable(amount),
  reduce_only: z.boolean(),
});

const action_preview = z.object({
  step: z.int(),
  action,
  dangerous: z.boolean(),
  cancels: z.array(order),
  sells: z.array(z.object({ account_id: z.string(), instrument: z.string(), quantity: amount, brings: amount })),
  residue: z.array(residue),
  order: z.nullable(wanted_order),
  code: z.nullable(z.string()),
  message: z.nullable(z.string()),
});
export type ActionPreview = z.infer<typeof action_preview>;
export const actions_preview = z.object({ items: z.array(action_preview), confirmation_needed: z.boolean(), as_of: instant });
export type ActionsPreview = z.infer<typeof actions_preview>;

const intent = z.object({
  key: z.string(),
  round: z.int(),
  kind: z.enum(["order", "cancel", "act"]),
  state: z.string(),
  code: z.nullable(z.string()),
  message: z.nullable(z.string()),
  wanted: z.nullable(wanted_order),
  filled: amount,
  filled_quote: amount,
  order: z.nullable(order_detail),
  fills: z.array(entry),
  recorded_at: instant,
  settled_at: z.nullable(instant),
});
export type Intent = z.infer<typeof intent>;

const run = z.object({
  step: z.int(),
  action,
  state: z.string(),
  code: z.nullable(z.string()),
  message: z.nullable(z.string()),
  residue: z.array(residue),
  intents: z.array(intent),
  started_at: z.nullable(instant),
  finished_at: z.nullable(instant),
});
export type Run = z.infer<typeof run>;

export const firing_runs = z.object({
  firing_id: z.string(),
  rule_set: z.string(),
  reason: z.string(),
  policy: z.string(),
  correlation_id: z.string(),
  runs: z.array(run),
  seen_at: z.nullable(instant),
  fired_at: instant,
  taken_at: z.nullable(instant),
  finished_at: z.nullable(instant),
});
export type FiringRuns = z.infer<typeof firing_runs>;
