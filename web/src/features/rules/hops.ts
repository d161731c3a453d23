/** The way from a breach to what was heard of it, hop by hop. */
import type { Alert } from "@/core/alerts_contracts";
import type { Firing, FiringRuns, Judged } from "@/core/rules_contracts";
import { between, type Hop, hopsOver, type Station } from "@/shared/latency";

const earliest = (instants: readonly (string | null | undefined)[]): string | null => {
  const known = instants.filter((at): at is string => typeof at === "string");
  return known.reduce<string | null>((best, at) => (best === null || Date.parse(at) < Date.parse(best) ? at : best), null);
};
const latest = (instants: readonly (string | null | undefined)[]): string | null => {
  const known = instants.filter((at): at is string => typeof at === "string");
  return known.reduce<string | null>((best, at) => (best === null || Date.parse(at) > Date.parse(best) ? at : best), null);
};

const ANSWERED: readonly string[] = ["open", "partially_filled", "filled", "cancelled", "rejected"];

function traded({ runs }: FiringRuns): readonly Station[] {
  const intents = runs.flatMap((run) => run.intents);
  const orders = intents.flatMap(({ order }) => (order ? [order] : []));
  const answers = orders.map(({ steps }) => steps.find(({ state }) => ANSWERED.includes(state))?.at);
  const filled = orders.map(({ steps }) => steps.findLast(({ state }) => state === "filled")?.at);
  return [
    { name: "Intent kept", note: "what is to be done is stored before anything is sent", at: earliest(intents.map(({ recorded_at }) => recorded_at)) },
    { name: "Order sent", note: "the first order left for the venue", at: earliest(orders.map(({ sent_at }) => sent_at)) },
    { name: "Venue answered", note: "the first order is known there", at: earliest(answers) },
    { name: "Filled", note: "the last order is filled", at: latest(filled) },
    { name: "In the ledger", note: "the last fill is recorded", at: latest(intents.flatMap(({ fills }) => fills.map(({ recorded_at }) => recorded_at))) },
  ];
}

function heard(alerts: readonly Alert[]): readonly Station[] {
  const delivered = alerts.flatMap(({ deliveries }) => deliveries.map(({ delivered_at }) => delivered_at));
  return [
    { name: "Alert raised", note: "the first alert of it is kept", at: earliest(alerts.map(({ raised_at }) => raised_at)) },
    { name: "First heard", note: "the first channel has it", at: earliest(delivered) },
    { name: "Heard everywhere", note: "the last channel has it", at: delivered.length > 1 ? latest(delivered) : null },
  ];
}

export interface Known {
  readonly firing: Firing;
  /** Null while it is not known, and in shadow. */
  readonly chain: FiringRuns | null;
  readonly judged: readonly Judged[];
  readonly alerts: readonly Alert[];
}

/** Every hop that is known, as they followed each other; the breach is in market time. */
export function hopsOfFiring({ firing, chain, judged, alerts }: Known): readonly Hop[] {
  const candidate = judged.find(({ instant, version, outcome }) => instant === firing.instant && version === firing.version && outcome === "fire");
  const breach: Station = { name: "Breach", note: "when the market made it true, in market time", at: chain?.seen_at ?? firing.instant, isMarket: true };
  const stations: readonly Station[] = [
    { name: "Candidate", note: "the tracker saw that it may fire", at: candidate?.told_at ?? null },
    { name: "Decided", note: "it was judged exactly, with the figures below", at: firing.fired_at },
    { name: "Taken up", note: "its actions began", at: chain?.taken_at ?? null },
    ...(chain ? traded(chain) : []),
    ...heard(alerts),
    { name: "Done", note: "every step is over", at: chain?.finished_at ?? null },
  ];
  const reached = stations.filter(({ at }) => at !== null).sort((left, right) => Date.parse(left.at ?? "") - Date.parse(right.at ?? ""));
  return hopsOver([breach, ...reached]);
}

/** All that was timed: from where, to where, how long; null when nothing was. */
export function wholeOf(hops: readonly Hop[]): { readonly from: string; readonly to: string; readonly ms: number } | null {
  const first = hops.findIndex(({ tookMs }) => tookMs !== null);
  const [from, to] = [hops[first - 1], hops.at(-1)];
  if (!from || !to) return null;
  return { from: from.name, to: to.name, ms: hops.reduce((total, { tookMs }) => total + (tookMs ?? 0), 0) };
}

/** From raised to delivered. */
export const heardMs = (alert: Alert, deliveredAt: string | null): number | null => (deliveredAt === null ? null : between(alert.raised_at, deliveredAt));
