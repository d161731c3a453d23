/** Budgets in words and parts of a bar. */
import type { BudgetEgress, BudgetLimit, VenueBudget } from "@/core/contracts";
import type { Tone } from "@/shared/Mark";

/** From here on a budget is nearly spent, in percent. */
const NEARLY_SPENT = 90;
const SECOND_MS = 1_000;

/** The used part in whole percent; more than all of it is still all of it. */
export const usedPercent = ({ used, allowed }: Pick<BudgetLimit, "used" | "allowed">): number => Math.min(100, Math.floor((used / allowed) * 100));

export function fillOf(percent: number): "free" | "near" | "full" {
  return percent >= 100 ? "full" : percent >= NEARLY_SPENT ? "near" : "free";
}

/** Seconds from now until an instant of the desk's clock, never negative; `elapsedMs` went by since the desk said `asOf`. */
export const secondsLeft = (at: string, asOf: string, elapsedMs: number): number =>
  Math.ceil(Math.max(0, Date.parse(at) - Date.parse(asOf) - Math.max(0, elapsedMs)) / SECOND_MS);

/** A percentile is known up to the end of its bucket. */
export function waitText(ms: number | null, granted: number): string {
  if (granted === 0) return "—";
  if (ms === null) return "> 60 s";
  return ms < SECOND_MS ? `≤ ${ms} ms` : `≤ ${ms / SECOND_MS} s`;
}

export const meanText = (ms: number | null): string => (ms === null ? "—" : ms < 10 ? `${ms.toFixed(1)} ms` : ms < SECOND_MS ? `${Math.round(ms)} ms` : `${(ms / SECOND_MS).toFixed(1)} s`);

export const PRIORITIES = { order: "Orders", stop: "Stops and cancels", fill: "Live reads", history: "History" } as const;

export const STATES: Readonly<Record<BudgetEgress["state"], { readonly tone: Tone; readonly word: string }>> = {
  alive: { tone: "good", word: "free" },
  banned: { tone: "bad", word: "banned" },
  gone: { tone: "plain", word: "gone" },
};

/** `weight`, `raw requests`: a limit's id as people read it. */
export const wordsOf = (id: string): string => id.replaceAll(/[_-]/g, " ").replaceAll(":", ": ");

export const sumOf = (counts: Readonly<Record<string, number>>): number => Object.values(counts).reduce((sum, count) => sum + count, 0);

/** `3 no room, 1 banned`, the most frequent first. */
export const countsText = (counts: Readonly<Record<string, number>>): string =>
  Object.entries(counts)
    .filter(([, count]) => count > 0)
    .sort(([, left], [, right]) => right - left)
    .map(([name, count]) => `${count} ${wordsOf(name)}`)
    .join(", ");

/** The addresses that a venue sees; `isWhole` is false where a way out does not know its own. */
export function addressesOf(egresses: readonly Pick<BudgetEgress, "address" | "state">[]): { readonly known: readonly string[]; readonly isWhole: boolean } {
  const shown = egresses.filter(({ state }) => state !== "gone").map(({ address }) => address);
  return { known: [...new Set(shown.filter(Boolean))].sort(), isWhole: shown.every(Boolean) };
}

/** Whether anybody asked for a place at the venue lately; a way out that nobody takes is not worth a look. */
export const isInUse = ({ waits, refused }: Pick<VenueBudget, "waits" | "refused">): boolean => waits.some(({ granted }) => granted > 0) || sumOf(refused) > 0;
