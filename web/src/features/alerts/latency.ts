/** How long alerts took, hop by hop. */
import type { Alert, Canary, Delivery } from "@/core/alerts_contracts";
import { between, type Hop, hopsOver } from "@/shared/latency";

/** The way of one alert on one channel, as far as it got. */
export const hopsOf = (alert: Alert, delivery: Delivery): readonly Hop[] =>
  hopsOver([
    { name: "Venue", note: "what the venue says, in market time", at: alert.venue_at, isMarket: true },
    { name: "Received", note: "the desk had it", at: alert.received_at },
    { name: "Evaluated", note: "it was decided that there is something to say", at: alert.evaluated_at },
    { name: "Raised", note: "kept, with one delivery for each channel", at: alert.raised_at },
    { name: "Queued", note: "handed to the queue", at: delivery.queued_at },
    { name: "Taken", note: "a sender took it", at: delivery.taken_at },
    { name: "Sent", note: "handed to the channel", at: delivery.sent_at },
    { name: "Delivered", note: "the channel has it", at: delivery.delivered_at },
  ]);

/** From raised to delivered; null while it is on its way, and for what waited for a digest on purpose. */
export const tookMs = (alert: Alert, delivery: Delivery): number | null =>
  delivery.delivered_at === null || delivery.way !== "now" ? null : between(alert.raised_at, delivery.delivered_at);

export const canaryMs = (canary: Canary): number | null =>
  canary.delivered_at === null || canary.queued_at === null ? null : between(canary.queued_at, canary.delivered_at);

/** The value below which so many of all lie (nearest rank); null of nothing. */
export function percentile(values: readonly number[], ratio: number): number | null {
  const sorted = [...values].sort((left, right) => left - right);
  return sorted[Math.max(0, Math.ceil(ratio * sorted.length) - 1)] ?? null;
}
