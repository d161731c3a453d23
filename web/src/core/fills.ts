/** The user's purchases and sales of one market, and what of them falls into each bar. */
import type { Entry } from "@/core/contracts";
import type { Desk } from "@/core/desk";
import { divide } from "@/shared/arithmetic";
import { absolute, add, type Decimal, sign, ZERO } from "@/shared/decimals";

export interface Fill {
  readonly atMs: number;
  readonly side: "buy" | "sell";
  readonly quantity: Decimal;
  /** What was paid or got for it, in the quote asset. */
  readonly value: Decimal;
}

/** What was bought, or sold, within one bar. */
export interface BarFills {
  readonly side: "buy" | "sell";
  readonly count: number;
  readonly quantity: Decimal;
  readonly value: Decimal;
  /** The mean price, weighted by quantity; for drawing. */
  readonly price: number;
}

const PAGE = 1_000;
/** More are too many to draw: the oldest are left out. */
export const FILLS_MOST = 20_000;

/** A trade's entry as a fill; null where it is none. */
export function fillOf({ kind, occurred_at, legs }: Pick<Entry, "kind" | "occurred_at" | "legs">): Fill | null {
  const base = legs.find(({ role }) => role === "base");
  const quote = legs.find(({ role }) => role === "quote");
  if (kind !== "trade" || !base || !quote || sign(base.amount) === 0) return null;
  return { atMs: Date.parse(occurred_at), side: sign(base.amount) > 0 ? "buy" : "sell", quantity: absolute(base.amount), value: absolute(quote.amount) };
}

/** Every fill of a market, oldest first. */
export async function readFills(desk: Pick<Desk, "ledger">, instrument: string): Promise<readonly Fill[]> {
  const fills: Fill[] = [];
  let cursor: string | null = null;
  do {
    const page: { readonly items: readonly Entry[]; readonly next_cursor: string | null } = await desk.ledger({ kind: "trade", instrument }, cursor, PAGE);
    fills.push(...page.items.flatMap((entry) => fillOf(entry) ?? []));
    cursor = page.next_cursor;
  } while (cursor !== null && fills.length < FILLS_MOST);
  return fills.sort((left, right) => left.atMs - right.atMs);
}

/** The index of the bar that an instant falls into; -1 before the first. */
export function barAt(starts: readonly { readonly timestamp: number }[], atMs: number): number {
  let [low, high] = [0, starts.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((starts[middle]?.timestamp ?? 0) <= atMs) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}

const key = (index: number, side: string) => `${index} ${side}`;

/** Fills by the index of their bar, purchases and sales apart; those before the first bar are left out. */
export function fillsByBar(fills: readonly Fill[], starts: readonly { readonly timestamp: number }[]): ReadonlyMap<number, readonly BarFills[]> {
  const sums = new Map<string, { index: number; side: "buy" | "sell"; count: number; quantity: Decimal; value: Decimal }>();
  for (const { atMs, side, quantity, value } of fills) {
    const index = barAt(starts, atMs);
    if (index < 0) continue;
    const sum = sums.get(key(index, side)) ?? { index, side, count: 0, quantity: ZERO, value: ZERO };
    sums.set(key(index, side), { ...sum, count: sum.count + 1, quantity: add(sum.quantity, quantity), value: add(sum.value, value) });
  }
  const bars = new Map<number, BarFills[]>();
  for (const { index, ...sum } of sums.values()) bars.set(index, [...(bars.get(index) ?? []), { ...sum, price: Number(divide(sum.value, sum.quantity)) }]);
  return bars;
}
