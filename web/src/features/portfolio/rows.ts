/** Rows of the portfolio's tables: figures as they came, names resolved. */
import type { ValuedAsset, ValuedHolding } from "@/core/live/messages";
import { holdingKey } from "@/core/live/portfolio_merge";
import type { ValuedPortfolio } from "@/core/portfolios";
import type { Gain } from "@/core/totals";
import { type Decimal, sign } from "@/shared/decimals";

export type View = "assets" | "holdings";

/** One line of either table. */
export interface Row {
  readonly id: string;
  readonly asset: string;
  readonly account: { readonly id: string; readonly label: string } | null;
  readonly quantity: Decimal;
  readonly unproven: Decimal;
  /** Reported by the venue less derived from the ledger; null when the venue reported nothing. */
  readonly difference: Decimal | null;
  readonly reportedAt: string | null;
  readonly price: Decimal | null;
  readonly pricedAt: string | null;
  readonly value: Decimal | null;
  readonly averageCost: Decimal | null;
  readonly gain: Gain | null;
  readonly realised: Decimal | null;
  readonly shareRatio: Decimal | null;
  readonly stale: boolean;
  /** Why the price is not confirmed, in a word or two. */
  readonly priceDoubt: string | null;
  readonly priceSources: number;
}

const confirmation = ({ price_verdict: verdict, price_sources: sources }: ValuedAsset | ValuedHolding) => ({
  priceDoubt: verdict && verdict !== "agreed" ? verdict.replace("_", " ") : null,
  priceSources: sources ?? 0,
});

export const isUnproven = (row: Row): boolean => sign(row.unproven) !== 0;
export const isUnpriced = (row: Row): boolean => row.value === null;

function assetRow(asset: ValuedAsset, isStale: boolean): Row {
  return {
    id: asset.asset,
    asset: asset.asset,
    account: null,
    quantity: asset.quantity,
    unproven: asset.unproven,
    difference: null,
    reportedAt: null,
    price: asset.price,
    pricedAt: asset.priced_at,
    value: asset.value,
    averageCost: asset.average_cost,
    gain: asset.gain,
    realised: asset.realised_pnl,
    shareRatio: asset.share_ratio,
    stale: isStale,
    ...confirmation(asset),
  };
}

function holdingRow(holding: ValuedHolding, label: string): Row {
  return {
    id: holdingKey(holding),
    asset: holding.asset,
    account: { id: holding.account_id, label },
    quantity: holding.quantity,
    unproven: holding.unproven,
    difference: holding.difference,
    reportedAt: holding.reported_at,
    price: holding.price,
    pricedAt: holding.priced_at,
    value: holding.value,
    averageCost: holding.average_cost_value,
    gain: holding.gain,
    realised: holding.realised_pnl_value,
    shareRatio: null,
    stale: holding.stale,
    ...confirmation(holding),
  };
}

export interface Narrowing {
  readonly account?: string | null;
  readonly asset?: string | null;
}

type Parts = Pick<ValuedPortfolio, "accounts" | "assets" | "holdings">;

/** The rows of a view, narrowed to an account or an asset; of some of the rows, `all` knows what they refer to. */
export function rowsOf(parts: Pick<Parts, "assets" | "holdings">, all: Parts, view: View, { account, asset }: Narrowing): readonly Row[] {
  const labels = new Map(all.accounts.map(({ account_id, label }) => [account_id, label]));
  const stale = new Set(all.holdings.filter((holding) => holding.stale).map((holding) => holding.asset));
  const rows =
    view === "assets"
      ? parts.assets.map((each) => assetRow(each, stale.has(each.asset)))
      : parts.holdings.map((each) => holdingRow(each, labels.get(each.account_id) ?? each.account_id));
  return rows.filter((row) => (!account || !row.account || row.account.id === account) && (!asset || row.asset === asset));
}

/** Why a row's figures are to be doubted, in words; empty when they are not. */
export function doubtsOf(row: Row): readonly string[] {
  return [
    ...(isUnproven(row) ? ["cost not proven for a part of it"] : []),
    ...(isUnpriced(row) ? ["no price is known"] : []),
    ...(row.priceDoubt ? [`price: ${row.priceDoubt}`] : []),
    ...(row.difference !== null && sign(row.difference) !== 0 ? ["the venue reports another quantity"] : []),
    ...(sign(row.quantity) < 0 ? ["history is missing: more was sold than bought"] : []),
    ...(row.stale ? ["being folded again"] : []),
  ];
}
