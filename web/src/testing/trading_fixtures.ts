/** Orders, limits and halts as a desk answers them; private amounts hold the digits 7319 or 4462. */
import type { Halt, Halts, Order, Preview } from "@/core/trading_contracts";
import { decimal } from "@/shared/decimals";
import { ACCOUNT_ID } from "@/testing/fixtures";

const AT = "2026-11-20T12:00:00.000000Z";

export const order = (more: Partial<Order> = {}): Order => ({
  order_id: "order-1",
  account_id: ACCOUNT_ID,
  client_order_id: "nd-1",
  venue_order_id: "10000000001",
  instrument: "BINANCE:BTC/USDT",
  side: "buy",
  type: "limit",
  wanted: decimal("0.07319"),
  quantity: decimal("0.07319"),
  residue: decimal("0"),
  price: decimal("40000"),
  stop_price: null,
  time_in_force: "good_till_cancelled",
  reduce_only: false,
  adopted: false,
  state: "open",
  cancelling: false,
  code: null,
  message: null,
  filled: decimal("0"),
  filled_quote: decimal("0"),
  average_price: null,
  reason: "user:1",
  correlation_id: "correlation-1",
  created_at: AT,
  sent_at: AT,
  updated_at: AT,
  ...more,
});

export const preview = (more: Partial<Preview> = {}): Preview => ({
  instrument: "BINANCE:BTC/USDT",
  side: "buy",
  type: "market",
  quantity: decimal("0.07319"),
  residue: decimal("0.00000446"),
  price: null,
  stop_price: null,
  reference_price: decimal("50000"),
  priced_at: AT,
  notional: decimal("3659.5"),
  value: decimal("3659.5"),
  fee: decimal("0.00007319"),
  fee_asset: "BTC",
  free: decimal("7319"),
  free_asset: "USDT",
  lot: decimal("0.00001"),
  tick: decimal("0.01"),
  notional_min: decimal("5"),
  code: null,
  message: null,
  ...more,
});

export const halt = (more: Partial<Halt> = {}): Halt => ({
  halt_id: "halt-1",
  scope: "tenant",
  allow_reducing: false,
  cancel_orders: true,
  reason: "By hand",
  engaged_by: "user:1",
  engaged_at: AT,
  released_by: null,
  released_at: null,
  ...more,
});

export const halts = (active: readonly Halt[] = []): Halts => ({
  halted: active.length > 0,
  active: [...active],
  history: [...active],
  open_orders: 2,
});
