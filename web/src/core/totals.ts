/** Sums over a portfolio that the desk does not send. */
import type { PortfolioAsset } from "@/core/contracts";
import { multiply, percentOf } from "@/shared/arithmetic";
import { add, type Decimal, negate, sign, sum } from "@/shared/decimals";

/** What the proven part of a position cost, by its average cost. */
export const costOf = (averageCost: Decimal, quantity: Decimal, unproven: Decimal): Decimal => multiply(averageCost, add(quantity, negate(unproven)));

export interface Gain {
  readonly pnl: Decimal;
  /** In percent of the cost; null when there is no positive cost. */
  readonly percent: Decimal | null;
}

const gain = (pnl: Decimal, cost: Decimal): Gain => ({ pnl, percent: sign(cost) > 0 ? percentOf(pnl, cost) : null });

type Position = Pick<PortfolioAsset, "average_cost" | "quantity" | "unproven" | "unrealised_pnl">;

/** The unrealised gain of one position, where its cost and price are known. */
export function gainOf({ average_cost, quantity, unproven, unrealised_pnl }: Position): Gain | null {
  if (unrealised_pnl === null || average_cost === null) return null;
  return gain(unrealised_pnl, costOf(average_cost, quantity, unproven));
}

/** The unrealised gain of everything that has one. */
export function totalGain(assets: readonly PortfolioAsset[]): Gain | null {
  const known = assets.flatMap(({ unrealised_pnl: pnl, average_cost: average, quantity, unproven }) =>
    pnl !== null && average !== null ? [{ pnl, cost: costOf(average, quantity, unproven) }] : [],
  );
  return known.length === 0 ? null : gain(sum(known.map(({ pnl }) => pnl)), sum(known.map(({ cost }) => cost)));
}

/** Realised PnL of what has one; null when nothing has. */
export function realisedOf(assets: readonly PortfolioAsset[]): Decimal | null {
  const known = assets.flatMap(({ realised_pnl: pnl }) => (pnl === null ? [] : [pnl]));
  return known.length === 0 ? null : sum(known);
}
