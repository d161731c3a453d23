/**
 * The JS Datafeed API of charting libraries, as far as this desk serves it. Bars tell milliseconds since 1970; ranges,
 * marks and `nextTime` tell seconds.
 *
 * Source: TradingView, Advanced Charts documentation, IExternalDatafeed, IDatafeedChartApi, IDatafeedQuotesApi, 2026.
 */

export interface Named {
  readonly name: string;
  readonly value: string;
}

export interface DatafeedConfiguration {
  readonly exchanges: readonly (Named & { readonly desc: string })[];
  readonly symbols_types: readonly Named[];
  readonly supported_resolutions: readonly string[];
  readonly supports_marks: boolean;
  readonly supports_timescale_marks: boolean;
  readonly supports_time: boolean;
}

export interface SearchResult {
  readonly symbol: string;
  readonly full_name: string;
  readonly description: string;
  readonly exchange: string;
  readonly ticker: string;
  readonly type: string;
}

export interface SymbolInfo {
  readonly name: string;
  readonly ticker: string;
  readonly description: string;
  readonly type: string;
  readonly session: string;
  readonly timezone: string;
  readonly exchange: string;
  readonly listed_exchange: string;
  readonly format: "price";
  readonly minmov: number;
  readonly minmov2: number;
  /** Prices are multiples of `minmov / pricescale`. */
  readonly pricescale: number;
  readonly pointvalue: number;
  readonly has_intraday: boolean;
  readonly has_daily: boolean;
  readonly has_weekly_and_monthly: boolean;
  readonly intraday_multipliers: readonly string[];
  readonly supported_resolutions: readonly string[];
  readonly visible_plots_set: "ohlcv" | "ohlc" | "c";
  readonly volume_precision: number;
  /** The asset that prices or values are in. */
  readonly currency_code: string;
}

export interface LibraryBar {
  /** The bar's start, in milliseconds since 1970. */
  readonly time: number;
  readonly open: number;
  readonly high: number;
  readonly low: number;
  readonly close: number;
  readonly volume: number;
}

/** Which bars: at least `countBack` of them that begin before `to`, whatever `from` says; seconds since 1970. */
export interface PeriodParams {
  readonly from: number;
  readonly to: number;
  readonly countBack: number;
  readonly firstDataRequest: boolean;
}

export interface HistoryMetadata {
  readonly noData: boolean;
  /** Where there are bars again, before the range that had none; seconds since 1970. */
  readonly nextTime?: number;
}

export interface Mark {
  readonly id: string;
  /** The start of a bar, in seconds since 1970. */
  readonly time: number;
  readonly color: string;
  readonly text: string;
  readonly label: string;
  readonly labelFontColor: string;
  readonly minSize: number;
}

export interface TimescaleMark {
  readonly id: string;
  readonly time: number;
  readonly color: string;
  readonly label: string;
  readonly tooltip: readonly string[];
}

export type Quote =
  | { readonly s: "ok"; readonly n: string; readonly v: Readonly<Record<string, string | number | undefined>> }
  | { readonly s: "error"; readonly n: string; readonly v: Readonly<Record<string, never>> };

type OnError = (reason: string) => void;

/** What a library is given as its datafeed. Every callback is called after the call has returned. */
export interface LibraryDatafeed {
  onReady(callback: (configuration: DatafeedConfiguration) => void): void;
  searchSymbols(userInput: string, exchange: string, symbolType: string, onResult: (items: readonly SearchResult[]) => void): void;
  resolveSymbol(symbolName: string, onResolve: (info: SymbolInfo) => void, onError: OnError): void;
  getBars(info: SymbolInfo, resolution: string, period: PeriodParams, onResult: (bars: readonly LibraryBar[], meta: HistoryMetadata) => void, onError: OnError): void;
  subscribeBars(info: SymbolInfo, resolution: string, onTick: (bar: LibraryBar) => void, listenerGuid: string, onResetCacheNeeded: () => void): void;
  unsubscribeBars(listenerGuid: string): void;
  getServerTime(callback: (seconds: number) => void): void;
  getMarks(info: SymbolInfo, from: number, to: number, onData: (marks: readonly Mark[]) => void, resolution: string): void;
  getTimescaleMarks(info: SymbolInfo, from: number, to: number, onData: (marks: readonly TimescaleMark[]) => void, resolution: string): void;
  getQuotes(symbols: readonly string[], onData: (quotes: readonly Quote[]) => void, onError: OnError): void;
  subscribeQuotes(symbols: readonly string[], fastSymbols: readonly string[], onRealtime: (quotes: readonly Quote[]) => void, listenerGuid: string): void;
  unsubscribeQuotes(listenerGuid: string): void;
}
