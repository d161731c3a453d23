/** What a strategy's fills came to, by average cost; exact, except for the curve that is drawn. */
import type { Bar, Entry } from "@/core/contracts";
import type { Equity } from "@/core/replay_contracts";
import type { Order } from "@/core/trading_contracts";
import { divide, multiply } from "@/shared/arithmetic";
import { absolute, add, compare, type Decimal, negate, sign, sum, toPixels, ZERO } from "@/shared/decimals";

/** One fill as the ledger has it: amounts without a sign, fees of the market's own assets counted in. */
export interface Fill {
  readonly entryId: string;
  readonly at: string;
  readonly side: "buy" | "sell";
  /** Received or given, after fees in the asset. */
  readonly base: Decimal;
  readonly quote: Decimal;
  /** By assets that the market does not trade. */
  readonly otherFees: readonly { readonly asset: string; readonly amount: Decimal }[];
}

export interface Settled extends Fill {
  /** Null of a purchase, and of a sale of what the strategy did not buy. */
  readonly gain: Decimal | null;
}

export interface Result {
  readonly instrument: string;
  readonly quoteAsset: string;
  readonly fills: readonly Settled[];
  readonly position: Decimal;
  /** What the position cost. */
  readonly cost: Decimal;
  readonly realised: Decimal;
  readonly sales: number;
  readonly wins: number;
  /** The most that was put in at a time. */
  readonly capital: Decimal;
  readonly otherFees: readonly { readonly asset: string; readonly amount: Decimal }[];
}

const assetsOf = (instrument: string): readonly [string, string] => {
  const [base = "", quote = ""] = instrument.slice(instrument.indexOf(":") + 1).split("/");
  return [base, quote];
};

/** An entry as a fill of its market; null for what is none. */
export function fillOf({ entry_id, instrument, occurred_at, legs }: Entry): Fill | null {
  if (instrument === null) return null;
  const [baseAsset, quoteAsset] = assetsOf(instrument);
  const flow = (asset: string) => sum(legs.filter((leg) => leg.asset === asset).map(({ amount }) => amount));
  const [base, quote] = [flow(baseAsset), flow(quoteAsset)];
  if (sign(base) === 0 || sign(quote) === 0) return null;
  const others = legs.filter(({ asset }) => asset !== baseAsset && asset !== quoteAsset);
  return {
    entryId: entry_id,
    at: occurred_at,
    side: sign(base) > 0 ? "buy" : "sell",
    base: absolute(base),
    quote: absolute(quote),
    otherFees: others.map(({ asset, amount }) => ({ asset, amount: negate(amount) })),
  };
}

/** The firing that asked for an order, if one did. */
export const firingOf = ({ reason }: Pick<Order, "reason">): string | null => (reason.startsWith("firing:") ? reason.slice("firing:".length) : null);

const keyOf = (accountId: string, venueOrderId: string | null): string => `${accountId} ${venueOrderId ?? ""}`;

/** Fills of these orders, oldest first, by market. */
export function fillsByMarket(entries: readonly Entry[], orders: readonly Order[]): ReadonlyMap<string, readonly Fill[]> {
  const placed = new Set(orders.map(({ account_id, venue_order_id }) => keyOf(account_id, venue_order_id)));
  const found = new Map<string, Fill[]>();
  for (const entry of entries) {
    if (entry.order_id === null || entry.instrument === null || !placed.has(keyOf(entry.account_id, entry.order_id))) continue;
    const fill = fillOf(entry);
    if (fill) found.set(entry.instrument, [...(found.get(entry.instrument) ?? []), fill]);
  }
  for (const fills of found.values()) fills.sort((left, right) => Date.parse(left.at) - Date.parse(right.at));
  return found;
}

const least = (left: Decimal, right: Decimal): Decimal => (compare(left, right) < 0 ? left : right);

function merged(fees: Fill["otherFees"]): Fill["otherFees"] {
  const totals = new Map<string, Decimal>();
  for (const { asset, amount } of fees) totals.set(asset, add(totals.get(asset) ?? ZERO, amount));
  return [...totals].map(([asset, amount]) => ({ asset, amount }));
}

/** Settles fills, oldest first, against what the strategy itself bought. */
export function resultOf(instrument: string, fills: readonly Fill[]): Result {
  let [position, cost, capital, putIn] = [ZERO, ZERO, ZERO, ZERO];
  const settled = fills.map((fill): Settled => {
    putIn = add(putIn, fill.side === "buy" ? fill.quote : negate(fill.quote));
    if (compare(putIn, capital) > 0) capital = putIn;
    if (fill.side === "buy") {
      [position, cost] = [add(position, fill.base), add(cost, fill.quote)];
      return { ...fill, gain: null };
    }
    const proven = least(fill.base, position);
    if (sign(proven) <= 0) return { ...fill, gain: null };
    const gone = compare(proven, position) === 0 ? cost : multiply(cost, divide(proven, position) ?? ZERO);
    const brought = compare(proven, fill.base) === 0 ? fill.quote : multiply(fill.quote, divide(proven, fill.base) ?? ZERO);
    [position, cost] = [add(position, negate(proven)), add(cost, negate(gone))];
    return { ...fill, gain: add(brought, negate(gone)) };
  });
  const gains = settled.flatMap(({ gain }) => (gain === null ? [] : [gain]));
  return {
    instrument,
    quoteAsset: assetsOf(instrument)[1],
    fills: settled,
    position,
    cost,
    capital,
    realised: sum(gains),
    sales: gains.length,
    wins: gains.filter((gain) => sign(gain) > 0).length,
    otherFees: merged(fills.flatMap(({ otherFees }) => otherFees)),
  };
}

/** The most that was put in, and what was won with it, at the end of each bar; beside it the market's own way. For drawing only. */
export function curveOf({ fills, capital }: Result, bars: readonly Bar[]): Equity {
  const begun = toPixels(capital);
  const first = bars[0]?.[4];
  let [next, cash, held] = [0, 0, 0];
  const values = bars.map(([, , , , close], at) => {
    const end = bars[at + 1]?.[0] ?? Infinity;
    for (let fill = fills[next]; fill && Date.parse(fill.at) < end; fill = fills[++next]) {
      const [base, quote] = [toPixels(fill.base), toPixels(fill.quote)];
      const part = fill.side === "buy" ? 1 : -Math.min(1, held / base); // what it did not buy is not its own
      [cash, held] = [cash - part * quote, held + part * base];
    }
    return begun + cash + held * close;
  });
  return { at: bars.map(([start]) => start), values, hold: bars.map(([, , , , close]) => (first ? (begun * close) / first : null)) };
}
