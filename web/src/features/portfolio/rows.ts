/** Rows of the portfolio's tables: figures as they came, names resolved. */
import type { Holding, Portfolio, PortfolioAsset } from "@/core/contracts";
import { type Gain, gainOf } from "@/core/totals";
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
}

export const isUnproven = (row: Row): boolean => sign(row.unproven) !== 0;
export const isUnpriced = (row: Row): boolean => row.value === null;

function assetRow(asset: PortfolioAsset, isStale: boolean): Row {
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
    gain: gainOf(asset),
    realised: asset.realised_pnl,
    shareRatio: asset.share_ratio,
    stale: isStale,
  };
}

function holdingRow(holding: Holding, label: string): Row {
  const { average_cost_value: average_cost, unrealised_pnl_value: unrealised_pnl, quantity, unproven } = holding;
  return {
    id: `${holding.account_id}:${holding.asset}`,
    asset: holding.asset,
    account: { id: holding.account_id, label },
    quantity,
    unproven,
    difference: holding.difference,
    reportedAt: holding.reported_at,
    price: holding.price,
    pricedAt: holding.priced_at,
    value: holding.value,
    averageCost: average_cost,
    gain: gainOf({ average_cost, quantity, unproven, unrealised_pnl }),
    realised: holding.realised_pnl_value,
    shareRatio: null,
    stale: holding.stale,
  };
}

export interface Narrowing {
  readonly account?: string | null;
  readonly asset?: string | null;
}

/** The rows of a view, narrowed to an account or an asset. */
export function rowsOf(portfolio: Portfolio, view: View, { account, asset }: Narrowing): readonly Row[] {
  const labels = new Map(portfolio.accounts.map(({ account_id, label }) => [account_id, label]));
  const stale = new Set(portfolio.holdings.filter((holding) => holding.stale).map((holding) => holding.asset));
  const rows =
    view === "assets"
      ? portfolio.assets.map((each) => assetRow(each, stale.has(each.asset)))
      : portfolio.holdings.map((each) => holdingRow(each, labels.get(each.account_id) ?? each.account_id));
  return rows.filter((row) => (!account || !row.account || row.account.id === account) && (!asset || row.asset === asset));
}

/** Why a row's figures are to be doubted, in words; empty when they are not. */
export function doubtsOf(row: Row): readonly string[] {
  return [
    ...(isUnproven(row) ? ["cost not proven for a part of it"] : []),
    ...(isUnpriced(row) ? ["no price is known"] : []),
    ...(row.difference !== null && sign(row.difference) !== 0 ? ["the venue reports another quantity"] : []),
    ...(sign(row.quantity) < 0 ? ["history is missing: more was sold than bought"] : []),
    ...(row.stale ? ["being folded again"] : []),
  ];
}


