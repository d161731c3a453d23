/** The JS Datafeed API over the desk: what a charting library is given, and what our own chart is fed from. */
import type { Bar } from "@/core/contracts";
import type * as contract from "@/core/datafeed/contract";
import { QuoteWatch } from "@/core/datafeed/quotes";
import { deskResolution } from "@/core/datafeed/resolutions";
import { type BarSeries, FedSeries, type HearBars, type History } from "@/core/datafeed/series";
import type { Udf } from "@/core/datafeed/udf";

const FOUND_MAX = 50;

export interface DatafeedParts {
  readonly udf: Udf;
  readonly history: History;
  readonly hear: HearBars;
  /** How often quotes are asked for, by default every five seconds. */
  readonly quotesEveryMs?: number;
}

const reasonOf = (thrown: unknown): string => (thrown instanceof Error ? thrown.message : String(thrown));
const libraryBar = ([time, open, high, low, close, volume]: Bar): contract.LibraryBar => ({ time, open, high, low, close, volume });

export class Datafeed implements contract.LibraryDatafeed {
  readonly #parts: DatafeedParts;
  readonly #quotes: QuoteWatch;
  /** The newest bar that was handed out, by series and resolution: what is pushed goes on from there. */
  readonly #newestMs = new Map<string, number>();
  readonly #following = new Map<string, () => void>();

  constructor(parts: DatafeedParts) {
    this.#parts = parts;
    this.#quotes = new QuoteWatch((symbols) => parts.udf.quotes(symbols), parts.quotesEveryMs);
  }

  /** A series in one of the desk's resolutions, for a loader that pages and follows it by itself. */
  series(name: string, resolution: string): BarSeries {
    return new FedSeries(this.#parts.history, this.#parts.hear, name, resolution);
  }

  onReady(callback: (configuration: contract.DatafeedConfiguration) => void): void {
    void this.#parts.udf.config().then(callback, () => setTimeout(() => this.onReady(callback), RETRY_MS));
  }

  searchSymbols(userInput: string, exchange: string, symbolType: string, onResult: (items: readonly contract.SearchResult[]) => void): void {
    void this.#parts.udf.search(userInput, exchange, symbolType, FOUND_MAX).then(onResult, () => onResult([]));
  }

  resolveSymbol(symbolName: string, onResolve: (info: contract.SymbolInfo) => void, onError: (reason: string) => void): void {
    void this.#parts.udf.symbol(symbolName).then(onResolve, (thrown: unknown) => onError(reasonOf(thrown)));
  }

  getBars(
    { ticker }: contract.SymbolInfo,
    resolution: string,
    { from, to, countBack, firstDataRequest }: contract.PeriodParams,
    onResult: (bars: readonly contract.LibraryBar[], meta: contract.HistoryMetadata) => void,
    onError: (reason: string) => void,
  ): void {
    const handed = ({ bars, meta }: { readonly bars: readonly contract.LibraryBar[]; readonly meta: contract.HistoryMetadata }) => {
      const newest = bars.at(-1);
      const key = keyOf(ticker, resolution);
      if (newest && (firstDataRequest || newest.time > (this.#newestMs.get(key) ?? 0))) this.#newestMs.set(key, newest.time);
      onResult(bars, meta);
    };
    void this.#parts.udf.history(ticker, resolution, { from, to, countback: countBack }).then(handed, (thrown: unknown) => onError(reasonOf(thrown)));
  }

  /**
   * Hands on every bar from the newest that `getBars` gave on. A library can only take its last bar again or a newer one:
   * where an older bar was corrected, or bars were missed while the connection was lost, its cache must be read anew.
   */
  subscribeBars(
    { ticker }: contract.SymbolInfo,
    resolution: string,
    onTick: (bar: contract.LibraryBar) => void,
    listenerGuid: string,
    onResetCacheNeeded: () => void,
  ): void {
    this.unsubscribeBars(listenerGuid);
    const key = keyOf(ticker, resolution);
    let lastMs = this.#newestMs.get(key) ?? null;
    const take = (bars: readonly Bar[]) => {
      const known = lastMs;
      const isHole = known !== null && (bars.some(([at]) => at < known) || bars.filter(([at]) => at > known).length > 1);
      if (isHole) onResetCacheNeeded();
      for (const bar of bars.filter(([at]) => lastMs === null || at >= lastMs)) {
        lastMs = bar[0];
        onTick(libraryBar(bar));
      }
      if (lastMs !== null) this.#newestMs.set(key, lastMs);
    };
    this.#following.set(listenerGuid, this.series(ticker, deskResolution(resolution)).follow(lastMs, take));
  }

  unsubscribeBars(listenerGuid: string): void {
    this.#following.get(listenerGuid)?.();
    this.#following.delete(listenerGuid);
  }

  getServerTime(callback: (seconds: number) => void): void {
    void this.#parts.udf.time().then(callback, () => undefined);
  }

  getMarks({ ticker }: contract.SymbolInfo, from: number, to: number, onData: (marks: readonly contract.Mark[]) => void, resolution: string): void {
    void this.#parts.udf.marks(ticker, resolution, from, to).then(onData, () => onData([]));
  }

  getTimescaleMarks({ ticker }: contract.SymbolInfo, from: number, to: number, onData: (marks: readonly contract.TimescaleMark[]) => void, resolution: string): void {
    void this.#parts.udf.timescaleMarks(ticker, resolution, from, to).then(onData, () => onData([]));
  }

  getQuotes(symbols: readonly string[], onData: (quotes: readonly contract.Quote[]) => void, onError: (reason: string) => void): void {
    void this.#parts.udf.quotes(symbols).then(onData, (thrown: unknown) => onError(reasonOf(thrown)));
  }

  subscribeQuotes(symbols: readonly string[], fastSymbols: readonly string[], onRealtime: (quotes: readonly contract.Quote[]) => void, listenerGuid: string): void {
    this.#quotes.subscribe(listenerGuid, [...new Set([...symbols, ...fastSymbols])], onRealtime);
  }

  unsubscribeQuotes(listenerGuid: string): void {
    this.#quotes.unsubscribe(listenerGuid);
  }
}

const RETRY_MS = 3_000;
const keyOf = (ticker: string, resolution: string): string => `${ticker} ${deskResolution(resolution)}`;
