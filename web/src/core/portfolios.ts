/** The portfolio as it is now: pushed while the live connection stands, asked for otherwise. */
import type { Portfolio } from "@/core/contracts";
import type { PortfolioDelta, PortfolioHead, ValuedAsset, ValuedHolding } from "@/core/live/messages";
import { accountKey, assetKey, holdingKey, wholeOf } from "@/core/live/portfolio_merge";
import { Store } from "@/core/stores";

export interface ValuedPortfolio extends PortfolioHead {
  readonly accounts: Portfolio["accounts"];
  readonly assets: readonly ValuedAsset[];
  readonly holdings: readonly ValuedHolding[];
}

/** An answer that was asked for is believed over pushed values when it is this much newer: nobody pushes any more. */
const OUTDATED_MS = 15_000;

/** Known rows with the changed ones in their places; the same array when none changed. */
function merged<Row>(known: readonly Row[], changed: readonly Row[], keyOf: (row: Row) => string): readonly Row[] {
  if (changed.length === 0) return known;
  const fresh = new Map(changed.map((row) => [keyOf(row), row]));
  const rows = known.map((row) => {
    const key = keyOf(row);
    const change = fresh.get(key);
    fresh.delete(key);
    return change ?? row;
  });
  return [...rows, ...fresh.values()];
}

export class Portfolios {
  readonly store = new Store<ValuedPortfolio | null>(null);
  /** Whether the store holds what the live connection pushed, and goes on pushing. */
  readonly isPushed = new Store(false);
  readonly #listeners = new Set<(delta: PortfolioDelta) => void>();

  /** Told of every change, after the store holds it. */
  onDelta(listener: (delta: PortfolioDelta) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  pushed(delta: PortfolioDelta): void {
    this.isPushed.set(true);
    this.#apply(delta);
  }

  /** Takes an answer of the desk, unless what was pushed is as new. */
  answered(portfolio: Portfolio): void {
    const known = this.store.value;
    const isOutdated = known !== null && Date.parse(portfolio.as_of) - Date.parse(known.as_of) > OUTDATED_MS;
    if (!this.isPushed.value || isOutdated) this.#apply(wholeOf(portfolio));
  }

  /** The connection is gone: what was pushed is what was last known. */
  interrupted(): void {
    this.isPushed.set(false);
  }

  clear(): void {
    this.isPushed.set(false);
    this.store.set(null);
  }

  #apply(delta: PortfolioDelta): void {
    const known = this.store.value;
    if (delta.whole || !known) this.store.set({ ...delta.head, accounts: [...delta.accounts], assets: delta.assets, holdings: delta.holdings });
    else {
      this.store.set({
        ...delta.head,
        accounts: [...merged(known.accounts, delta.accounts, accountKey)],
        assets: merged(known.assets, delta.assets, assetKey),
        holdings: merged(known.holdings, delta.holdings, holdingKey),
      });
    }
    for (const listener of [...this.#listeners]) listener(delta);
  }
}
