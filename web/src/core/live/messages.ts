/** What the page and its live worker say to each other. */
import type { AccountValue, Bar, Holding, ImportProgress, PortfolioAsset } from "@/core/contracts";
import type { FeedStatus, LedgerNews } from "@/core/live/shapes";
import type { RuleSetStates } from "@/core/rules_contracts";
import type { Topic } from "@/core/live/topics";
import type { Gain } from "@/core/totals";
import type { Decimal } from "@/shared/decimals";

export type LiveState = "idle" | "connecting" | "open" | "lost";

export type ToWorker =
  | { readonly kind: "token"; readonly token: string }
  | { readonly kind: "listen"; readonly id: number; readonly topic: Topic }
  | { readonly kind: "unlisten"; readonly id: number }
  /** The page has drawn what it got and takes the next batch. */
  | { readonly kind: "pull" }
  /** The network or the person came back: try at once. */
  | { readonly kind: "wake" };

export type FromWorker =
  | { readonly kind: "token_wanted"; readonly isRefused: boolean }
  | { readonly kind: "state"; readonly state: LiveState }
  | { readonly kind: "batch"; readonly updates: readonly Numbered[] };

export type ValuedAsset = PortfolioAsset & { readonly gain: Gain | null };
export type ValuedHolding = Holding & { readonly gain: Gain | null };

export interface PortfolioHead {
  readonly base_asset: string;
  readonly as_of: string;
  readonly total: { readonly value: Decimal | null; readonly complete: boolean; readonly priced_at: string | null };
  readonly unpriced: readonly string[];
  readonly rates: Readonly<Record<string, Decimal | null>>;
  /** Over all assets. */
  readonly gain: Gain | null;
  readonly realised: Decimal | null;
}

/** What changed in a portfolio; `whole` replaces all rows, otherwise rows are the changed ones, complete. */
export interface PortfolioDelta {
  readonly whole: boolean;
  readonly head: PortfolioHead;
  readonly accounts: readonly AccountValue[];
  readonly assets: readonly ValuedAsset[];
  readonly holdings: readonly ValuedHolding[];
}

/** Tickers in columns, so that their numbers are handed over rather than copied. Row `n` is of series `index[n]`. */
export interface TickerColumns {
  /** Names of series that were not known before, in the order of their numbers. */
  readonly added: readonly string[];
  readonly index: Uint32Array<ArrayBuffer>;
  /** Milliseconds since 1970 by the venue's clock, and when it reached the desk; 0 where that is not known. */
  readonly at: Float64Array<ArrayBuffer>;
  readonly receivedAt: Float64Array<ArrayBuffer>;
  /** -1, 0 or 1: against the price before. */
  readonly direction: Int8Array<ArrayBuffer>;
  /** Last, bid, ask, spread in percent of each row; empty where there is none. */
  readonly texts: readonly string[];
}

export interface CandleNews {
  /** The subscription began anew: bars may be missing before these. */
  readonly restarted: boolean;
  readonly bars: readonly Bar[];
}

export type Update =
  | { readonly name: "portfolio"; readonly delta: PortfolioDelta }
  | { readonly name: "tickers"; readonly columns: TickerColumns }
  | { readonly name: "candles"; readonly news: CandleNews }
  | { readonly name: "feeds"; readonly feeds: readonly FeedStatus[] }
  | { readonly name: "ledgerRecorded"; readonly news: readonly LedgerNews[] }
  | { readonly name: "importProgress"; readonly progress: readonly ImportProgress[] }
  | { readonly name: "ruleSetStates"; readonly states: RuleSetStates };

/** An update and which listener it is for. */
export type Numbered = Update & { readonly id: number };

export type UpdateOf<Name extends Update["name"]> = Extract<Update, { name: Name }>;
