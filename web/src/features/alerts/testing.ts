/** An alert, a channel and a signal as the desk answers them, for tests. */
import type { Alert, AlertPreferences, Channel, Delivery, Signal } from "@/core/alerts_contracts";

const at = (ms: number): string => new Date(Date.parse("2026-11-20T12:00:00Z") + ms).toISOString();

export const delivery = (more: Partial<Delivery> = {}): Delivery => ({
  delivery_id: "d-1",
  channel_id: "c-1",
  state: "delivered",
  way: "now",
  due_at: at(30),
  escalated: false,
  attempts: 1,
  queued_at: at(30),
  taken_at: at(60),
  sent_at: at(70),
  delivered_at: at(110),
  lost_at: null,
  error_code: null,
  ...more,
});

export const alert = (more: Partial<Alert> = {}): Alert => ({
  alert_id: "a-1",
  category: "rule",
  severity: "warning",
  title: "BTC/USDT fell below 50,000",
  text: "It is at 49,999.",
  facts: { price: "49999" },
  link: "/rules/r-1",
  correlation_id: "corr-1",
  venue_at: at(0),
  received_at: at(20),
  evaluated_at: at(25),
  raised_at: at(30),
  acknowledged_at: null,
  deliveries: [delivery()],
  ...more,
});

export const channel = (more: Partial<Channel> = {}): Channel => ({
  channel_id: "c-1",
  kind: "telegram",
  name: "My phone",
  hint: "chat …8877",
  state: "verified",
  state_code: null,
  takes_from: "info",
  categories: [],
  only_escalated: false,
  canary_every_s: 300,
  created_at: at(-1000),
  verified_at: at(-500),
  failing_since: null,
  canaries: [{ due_at: at(-300), queued_at: at(-300), sent_at: at(-250), delivered_at: at(-200), error_code: null }],
  ...more,
});

export const alertPreferences = (more: Partial<AlertPreferences> = {}): AlertPreferences => ({
  zone: "UTC",
  quiet: null,
  digest_up_to: null,
  digest_every_min: 60,
  throttle: { alerts_max: 20, span_s: 600 },
  throttles: {},
  escalate_to: null,
  escalate_after_s: 30,
  ...more,
});

export const signal = (more: Partial<Signal> = {}): Signal => ({
  signal_id: "s-1",
  hook_id: "h-1",
  name: "trend",
  instrument: "BINANCE:BTC/USDT",
  action: "buy",
  value: "1" as Signal["value"],
  price: "64000.1" as Signal["price"],
  quantity: null,
  order_id: "Long",
  position: "long",
  previous_position: "flat",
  said_at: at(0),
  received_at: at(200),
  late_s: 0.2,
  state: "counted",
  gap: false,
  from_known_address: true,
  payload: "{}",
  ...more,
});
