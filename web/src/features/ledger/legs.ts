/** Reads an entry's legs: what came in, what went out, what was paid for it. */
import type { Entry, Leg } from "@/core/contracts";
import { sign } from "@/shared/decimals";

export interface Sides {
  /** The leg the entry is about: the base of a trade, otherwise the movement. */
  readonly main: Leg | null;
  /** The other side of a trade, a conversion or a transfer between wallets. */
  readonly quote: Leg | null;
  readonly fees: readonly Leg[];
}

export function sidesOf({ legs }: Pick<Entry, "legs">): Sides {
  return {
    main: legs.find(({ role }) => role === "base" || role === "movement") ?? null,
    quote: legs.find(({ role }) => role === "quote") ?? legs.filter(({ role }) => role === "movement")[1] ?? null,
    fees: legs.filter(({ role }) => role === "fee"),
  };
}

/** A kind as it is read: `realised pnl`. */
export const kindWords = (kind: string): string => kind.replaceAll("_", " ");

/** `buy` or `sell` for a trade; otherwise the kind itself. */
export function whatHappened(entry: Pick<Entry, "kind" | "legs">): string {
  const { main } = sidesOf(entry);
  if (entry.kind !== "trade" || !main) return kindWords(entry.kind);
  return sign(main.amount) > 0 ? "buy" : "sell";
}
