/** Puts a portfolio together from its changes, and tells what of it is new. */
import type { AccountValue, Portfolio } from "@/core/contracts";
import type { PortfolioDelta, PortfolioHead, ValuedAsset, ValuedHolding } from "@/core/live/messages";
import type { PortfolioChange } from "@/core/live/shapes";
import { gainOf, realisedOf, totalGain } from "@/core/totals";
import { divide } from "@/shared/arithmetic";
import { type Decimal, round, sign } from "@/shared/decimals";

/** Shares are shown in percent with two decimals. */
const SHARE_PLACES = 4;

const shareOf = (value: Decimal | null, total: Decimal | null): Decimal | null => {
  const ratio = value === null || total === null || sign(total) <= 0 ? null : divide(value, total);
  return ratio === null ? null : round(ratio, SHARE_PLACES);
};

const valuedHolding = (holding: Portfolio["holdings"][number]): ValuedHolding => ({
  ...holding,
  gain: gainOf({
    average_cost: holding.average_cost_value,
    quantity: holding.quantity,
    unproven: holding.unproven,
    unrealised_pnl: holding.unrealised_pnl_value,
  }),
});

type Parts = Pick<Portfolio, "accounts" | "assets" | "holdings" | "as_of" | "base_asset" | "total" | "unpriced" | "rates">;

/** A whole portfolio as a change. */
export function wholeOf(portfolio: Parts): PortfolioDelta {
  const table = new PortfolioTable();
  table.replace(portfolio);
  const delta = table.take();
  if (!delta) throw new Error("a replaced table has a change");
  return delta;
}

export const accountKey = ({ account_id }: Pick<AccountValue, "account_id">): string => account_id;
export const assetKey = ({ asset }: Pick<ValuedAsset, "asset">): string => asset;
export const holdingKey = ({ account_id, asset }: Pick<ValuedHolding, "account_id" | "asset">): string => `${account_id}:${asset}`;

type HeadParts = Omit<PortfolioHead, "gain" | "realised">;

/** What became of a change: taken, old (it was known already) or a sign that one before it is missing. */
export type Verdict = "taken" | "old" | "gap";

export class PortfolioTable {
  #number: number | null = null;
  #head: HeadParts | null = null;
  readonly #accounts = new Map<string, AccountValue>();
  readonly #assets = new Map<string, ValuedAsset>();
  readonly #holdings = new Map<string, ValuedHolding>();
  readonly #changed = { accounts: new Set<string>(), assets: new Set<string>(), holdings: new Set<string>() };
  #isWhole = false;
  #isDirty = false;

  /** The connection is a new one: only a whole portfolio is taken next. */
  restart(): void {
    this.#number = null;
  }

  offer(change: PortfolioChange): Verdict {
    if (!change.whole) {
      if (this.#number === null || change.number > this.#number + 1) return "gap";
      if (change.number <= this.#number) return "old";
    }
    this.#number = change.number;
    const rates = Object.fromEntries(change.rates.map(({ asset, rate }) => [asset, rate]));
    if (change.whole) this.replace({ ...change, rates });
    else this.#merge({ ...change, rates });
    return "taken";
  }

  replace(parts: Parts): void {
    for (const rows of [this.#accounts, this.#assets, this.#holdings]) rows.clear();
    this.#isWhole = true;
    this.#merge(parts);
  }

  /** What changed since the last take, with every share counted anew; null when nothing did. */
  take(): PortfolioDelta | null {
    if (!this.#isDirty || !this.#head) return null;
    this.#share(this.#head.total.value);
    const { accounts, assets, holdings } = this.#changed;
    const pick = <Row>(rows: ReadonlyMap<string, Row>, changed: ReadonlySet<string>): Row[] =>
      this.#isWhole ? [...rows.values()] : [...rows].flatMap(([key, row]) => (changed.has(key) ? [row] : []));
    const all = [...this.#assets.values()];
    const delta = {
      whole: this.#isWhole,
      head: { ...this.#head, gain: totalGain(all), realised: realisedOf(all) },
      accounts: pick(this.#accounts, accounts),
      assets: pick(this.#assets, assets),
      holdings: pick(this.#holdings, holdings),
    };
    for (const changed of [accounts, assets, holdings]) changed.clear();
    this.#isWhole = false;
    this.#isDirty = false;
    return delta;
  }

  #merge({ accounts, assets, holdings, as_of, base_asset, total, unpriced, rates }: Parts): void {
    this.#head = { as_of, base_asset, total, unpriced, rates };
    this.#isDirty = true;
    for (const row of accounts) this.#put("accounts", this.#accounts, accountKey(row), row);
    for (const row of assets) this.#put("assets", this.#assets, row.asset, { ...row, gain: gainOf(row) });
    for (const row of holdings) this.#put("holdings", this.#holdings, holdingKey(row), valuedHolding(row));
  }

  #put<Row>(table: "accounts" | "assets" | "holdings", rows: Map<string, Row>, key: string, row: Row): void {
    rows.set(key, row);
    this.#changed[table].add(key);
  }

  /** Shares move with the total, also those of rows that did not change. */
  #share(total: Decimal | null): void {
    for (const [key, row] of this.#assets) {
      const share_ratio = shareOf(row.value, total);
      if (share_ratio === row.share_ratio) continue;
      this.#put("assets", this.#assets, key, { ...row, share_ratio });
    }
  }
}
