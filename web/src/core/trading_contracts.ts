/** What the desk's API answers about orders, limits and halts. */
import * as z from "zod/mini";
import { amount, instant } from "@/core/contracts";

export const SIDES = ["buy", "sell"] as const;
export const TYPES = ["market", "limit", "limit_maker", "stop_loss", "stop_loss_limit", "take_profit", "take_profit_limit"] as const;
export const STATES = ["intended", "sent", "unknown", "open", "partially_filled", "filled", "cancelled", "rejected"] as const;
export type Side = (typeof SIDES)[number];
export type OrderType = (typeof TYPES)[number];
export type OrderState = (typeof STATES)[number];

export const order = z.object({
  order_id: z.string(),
  account_id: z.string(),
  client_order_id: z.string(),
  venue_order_id: z.nullable(z.string()),
  instrument: z.string(),
  side: z.enum(SIDES),
  type: z.enum(TYPES),
  wanted: amount,
  quantity: amount,
  residue: amount,
  price: z.nullable(amount),
  stop_price: z.nullable(amount),
  time_in_force: z.string(),
  reduce_only: z.boolean(),
  adopted: z.boolean(),
  state: z.enum(STATES),
  cancelling: z.boolean(),
  code: z.nullable(z.string()),
  message: z.nullable(z.string()),
  filled: amount,
  filled_quote: amount,
  average_price: z.nullable(amount),
  reason: z.string(),
  correlation_id: z.string(),
  created_at: instant,
  sent_at: z.nullable(instant),
  updated_at: instant,
});
export type Order = z.infer<typeof order>;

const step = z.object({ at: instant, state: z.enum(STATES), filled: amount, code: z.nullable(z.string()), source: z.string() });
export const order_detail = z.extend(order, { steps: z.array(step) });
export type OrderDetail = z.infer<typeof order_detail>;
export const order_page = z.object({ items: z.array(order), next_cursor: z.nullable(z.string()) });
export type OrderPage = z.infer<typeof order_page>;
export const cancel_report = z.object({ cancelled: z.array(order), failed: z.record(z.string(), z.string()) });
export type CancelReport = z.infer<typeof cancel_report>;

export const preview = z.object({
  instrument: z.string(),
  side: z.enum(SIDES),
  type: z.enum(TYPES),
  quantity: amount,
  residue: amount,
  price: z.nullable(amount),
  stop_price: z.nullable(amount),
  reference_price: z.nullable(amount),
  priced_at: z.nullable(instant),
  notional: z.nullable(amount),
  value: z.nullable(amount),
  fee: z.nullable(amount),
  fee_asset: z.string(),
  free: z.nullable(amount),
  free_asset: z.string(),
  lot: amount,
  tick: amount,
  notional_min: amount,
  code: z.nullable(z.string()),
  message: z.nullable(z.string()),
});
export type Preview = z.infer<typeof preview>;

const limit_fields = {
  notional_max: z.nullable(amount),
  exposure_max: z.nullable(amount),
  asset_exposure_max: z.nullable(amount),
  asset_exposures: z.record(z.string(), amount),
  orders_per_minute_max: z.nullable(z.int()),
  reduce_only: z.boolean(),
};
export const limits = z.object({ account_id: z.nullable(z.string()), ...limit_fields });
export type Limits = z.infer<typeof limits>;
const audit_line = z.object({ at: instant, actor: z.string(), action: z.string(), details: z.record(z.string(), z.unknown()) });
export const limits_list = z.object({ items: z.array(limits), audit: z.array(audit_line) });
export type LimitsList = z.infer<typeof limits_list>;

export const halt = z.object({
  halt_id: z.string(),
  scope: z.enum(["tenant", "platform"]),
  allow_reducing: z.boolean(),
  cancel_orders: z.boolean(),
  reason: z.string(),
  engaged_by: z.string(),
  engaged_at: instant,
  released_by: z.nullable(z.string()),
  released_at: z.nullable(instant),
});
export type Halt = z.infer<typeof halt>;
export const halted = z.object({ halt, cancelled: z.int(), failed: z.record(z.string(), z.string()) });
export const halts = z.object({ halted: z.boolean(), active: z.array(halt), history: z.array(halt), open_orders: z.int() });
export type Halts = z.infer<typeof halts>;
