/** What the desk's API answers about alerts, channels and signals. */
import * as z from "zod/mini";
import { amount, instant } from "@/core/contracts";

export const SEVERITIES = ["info", "warning", "critical"] as const;
export const CATEGORIES = ["rule", "order", "risk", "balance", "staleness", "signal", "system", "test"] as const;
export const KINDS = ["email", "telegram", "discord", "webhook", "web_push"] as const;
export type Severity = (typeof SEVERITIES)[number];
export type Category = (typeof CATEGORIES)[number];
export type ChannelKind = (typeof KINDS)[number];

const maybe_instant = z.nullable(instant);

export const delivery = z.object({
  delivery_id: z.string(),
  channel_id: z.string(),
  state: z.enum(["waiting", "sending", "delivered", "failed"]),
  way: z.enum(["now", "quiet", "throttled", "digest"]),
  due_at: instant,
  escalated: z.boolean(),
  attempts: z.int(),
  queued_at: maybe_instant,
  taken_at: maybe_instant,
  sent_at: maybe_instant,
  delivered_at: maybe_instant,
  lost_at: maybe_instant,
  error_code: z.nullable(z.string()),
});
export type Delivery = z.infer<typeof delivery>;

export const alert = z.object({
  alert_id: z.string(),
  category: z.enum(CATEGORIES),
  severity: z.enum(SEVERITIES),
  title: z.string(),
  text: z.string(),
  facts: z.record(z.string(), z.string()),
  link: z.nullable(z.string()),
  correlation_id: z.string(),
  venue_at: maybe_instant,
  received_at: maybe_instant,
  evaluated_at: maybe_instant,
  raised_at: instant,
  acknowledged_at: maybe_instant,
  deliveries: z.array(delivery),
});
export type Alert = z.infer<typeof alert>;

export const alert_page = z.object({ items: z.array(alert), next_cursor: z.nullable(z.string()), unacknowledged: z.int() });
export type AlertPage = z.infer<typeof alert_page>;

export const canary = z.object({
  due_at: instant,
  queued_at: maybe_instant,
  sent_at: maybe_instant,
  delivered_at: maybe_instant,
  error_code: z.nullable(z.string()),
});
export type Canary = z.infer<typeof canary>;

export const channel = z.object({
  channel_id: z.string(),
  kind: z.enum(KINDS),
  name: z.string(),
  hint: z.string(),
  state: z.enum(["unverified", "verified", "failing", "paused", "removed"]),
  state_code: z.nullable(z.string()),
  takes_from: z.enum(SEVERITIES),
  categories: z.array(z.enum(CATEGORIES)),
  only_escalated: z.boolean(),
  canary_every_s: z.int(),
  created_at: instant,
  verified_at: maybe_instant,
  failing_since: maybe_instant,
  canaries: z.array(canary),
});
export type Channel = z.infer<typeof channel>;

export const channels = z.object({ items: z.array(channel) });
export const push_key = z.object({ public_key: z.string() });

export const throttle = z.object({ alerts_max: z.int(), span_s: z.int() });
export const alert_preferences = z.object({
  zone: z.string(),
  quiet: z.nullable(z.object({ begins: z.string(), ends: z.string() })),
  digest_up_to: z.nullable(z.enum(["info", "warning"])),
  digest_every_min: z.int(),
  throttle,
  throttles: z.record(z.string(), throttle),
  escalate_to: z.nullable(z.string()),
  escalate_after_s: z.int(),
});
export type AlertPreferences = z.infer<typeof alert_preferences>;

export const hook = z.object({
  hook_id: z.string(),
  name: z.string(),
  path: z.nullable(z.string()),
  stale_after_s: z.int(),
  stale_policy: z.enum(["ignore", "count"]),
  signals_per_minute_max: z.int(),
  created_at: instant,
  last_used_at: maybe_instant,
});
export type Hook = z.infer<typeof hook>;
export const hooks = z.object({ items: z.array(hook), template: z.string() });
export type Hooks = z.infer<typeof hooks>;

export const signal = z.object({
  signal_id: z.string(),
  hook_id: z.string(),
  name: z.string(),
  instrument: z.nullable(z.string()),
  action: z.nullable(z.string()),
  value: z.nullable(amount),
  price: z.nullable(amount),
  quantity: z.nullable(amount),
  order_id: z.nullable(z.string()),
  position: z.nullable(z.string()),
  previous_position: z.nullable(z.string()),
  said_at: maybe_instant,
  received_at: instant,
  late_s: z.nullable(z.number()),
  state: z.enum(["counted", "stale"]),
  gap: z.boolean(),
  from_known_address: z.boolean(),
  payload: z.string(),
});
export type Signal = z.infer<typeof signal>;
export const signal_page = z.object({ items: z.array(signal), next_cursor: z.nullable(z.string()) });

/** What stand-ins took, where the desk runs on one machine. */
export const outbox = z.object({
  items: z.array(z.object({ at: instant, channel: z.string(), to: z.string(), title: z.string(), text: z.string(), status: z.int() })),
});
export type Outbox = z.infer<typeof outbox>["items"];
