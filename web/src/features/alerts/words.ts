/** Words and tones of alerts. */
import type { Category, Channel, ChannelKind, Delivery, Severity } from "@/core/alerts_contracts";
import type { Tone } from "@/shared/Mark";

export const SEVERITY: Readonly<Record<Severity, { readonly word: string; readonly tone: Tone }>> = {
  info: { word: "info", tone: "plain" },
  warning: { word: "warning", tone: "warn" },
  critical: { word: "critical", tone: "bad" },
};

export const KIND: Readonly<Record<ChannelKind, string>> = {
  email: "E-mail",
  telegram: "Telegram",
  discord: "Discord",
  webhook: "Webhook",
  web_push: "This browser",
};

export const CATEGORY: Readonly<Record<Category, string>> = {
  rule: "Rule",
  order: "Order",
  risk: "Risk",
  balance: "Balance",
  staleness: "Staleness",
  signal: "Signal",
  system: "Desk",
  test: "Test",
};

export const CHANNEL_STATE: Readonly<Record<Channel["state"], { readonly word: string; readonly tone: Tone }>> = {
  unverified: { word: "not verified", tone: "warn" },
  verified: { word: "works", tone: "good" },
  failing: { word: "fails", tone: "bad" },
  paused: { word: "paused", tone: "plain" },
  removed: { word: "removed", tone: "plain" },
};

const WAITS: Readonly<Record<Delivery["way"], string>> = {
  now: "on its way",
  quiet: "waits for the end of quiet hours",
  throttled: "waits: too many of its kind",
  digest: "waits for the digest",
};

/** What became of a delivery, and how that is to look. */
export function outcomeOf(delivery: Delivery): { readonly word: string; readonly tone: Tone } {
  if (delivery.state === "delivered") return { word: delivery.lost_at ? "delivered late" : "delivered", tone: delivery.lost_at ? "warn" : "good" };
  if (delivery.state === "failed") return { word: `failed (${delivery.error_code ?? "unknown"})`, tone: "bad" };
  if (delivery.lost_at) return { word: "lost: not delivered in time", tone: "bad" };
  if (delivery.error_code) return { word: `tried ${delivery.attempts} times (${delivery.error_code})`, tone: "warn" };
  return { word: WAITS[delivery.way], tone: "plain" };
}
