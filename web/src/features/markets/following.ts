/** Hands changed rows to the table past React, and says which rows are no longer live. */
import type { CellClassParams, GridApi } from "ag-grid-community";
import { type Feeds, venueDoubt } from "@/core/feeds";
import type { Live } from "@/core/live/live";
import type { Ticker, Tickers } from "@/core/tickers";
import { partsOf } from "@/features/markets/facts";

/** A market that traded nothing for this long is drawn quieter. */
const QUIET_MS = 60_000;
const DOUBT_KEPT_MS = 500;

/** What can be chosen: venues and quotes of the markets that are known. */
export interface Known {
  readonly count: number;
  readonly venues: readonly string[];
  readonly quotes: readonly string[];
}

export const NOTHING_KNOWN: Known = { count: 0, venues: [], quotes: [] };

/** Columns that no price moves: rows that are sorted by them stay where they are. */
const STILL: ReadonlySet<string> = new Set(["Market", "Venue", "Cap $", "Rank"]);

/** Whether the table is sorted by a column that fits. */
export const isSortedBy = (api: GridApi<Ticker>, fits: (column: string) => boolean): boolean => api.getColumnState().some(({ colId, sort }) => sort && fits(colId));

const moves = (column: string): boolean => !STILL.has(column);

export function follow(api: GridApi<Ticker>, tickers: Tickers, onKnown: (known: Known) => void): () => void {
  const known = new Set<string>();
  const [venues, quotes] = [new Set<string>(), new Map<string, number>()];
  const note = (series: string) => {
    const { venue, quote } = partsOf(series);
    known.add(series);
    venues.add(venue);
    quotes.set(quote, (quotes.get(quote) ?? 0) + 1);
  };
  const take = (changed: readonly Ticker[]) => {
    const add: Ticker[] = [];
    const update: Ticker[] = [];
    for (const row of changed) (known.has(row.series) ? update : add).push(row);
    for (const { series } of add) note(series);
    const later = isSortedBy(api, moves) ? update : putInPlace(api, update);
    if (add.length > 0 || later.length > 0) api.applyTransactionAsync({ add, update: later });
    if (add.length > 0) onKnown({ count: known.size, venues: [...venues].sort(), quotes: mostUsed(quotes) });
  };
  take(tickers.rows);
  return tickers.follow(take);
}

/** Changes rows where they stand: a transaction would look at all five thousand for where each belongs. Returns those that the table has not taken yet. */
function putInPlace(api: GridApi<Ticker>, rows: readonly Ticker[]): Ticker[] {
  return rows.filter((row) => {
    const node = api.getRowNode(row.series);
    node?.updateData(row);
    return !node;
  });
}

const mostUsed = (quotes: ReadonlyMap<string, number>): string[] => [...quotes].sort(([, left], [, right]) => right - left).map(([quote]) => quote);

const SECOND_MS = 1_000;

/** Rows go quiet by themselves, and all of a venue with its feed or the connection. */
export class Quietness {
  readonly #live: Live;
  readonly #feeds: Feeds;
  readonly #doubted = new Map<string, { readonly atMs: number; readonly is: boolean }>();
  /** How each row is drawn. */
  readonly #drawn = new Map<string, boolean>();

  constructor(live: Live, feeds: Feeds) {
    this.#live = live;
    this.#feeds = feeds;
  }

  /** The rule of a cell's class. */
  readonly rule = ({ data }: CellClassParams<Ticker>): boolean => {
    if (!data) return false;
    const is = this.#is(data, Date.now());
    this.#drawn.set(data.series, is);
    return is;
  };

  /** Draws the rows in sight anew whose state is another than they show, every second. */
  watch(api: GridApi<Ticker>): () => void {
    const timer = setInterval(() => {
      if (document.hidden) return;
      const nowMs = Date.now();
      const rowNodes = api.getRenderedNodes().filter(({ data }) => data && this.#drawn.get(data.series) !== this.#is(data, nowMs));
      if (rowNodes.length > 0) api.refreshCells({ rowNodes, force: true, suppressFlash: true });
    }, SECOND_MS);
    return () => clearInterval(timer);
  }

  #is({ series, receivedAtMs }: Ticker, nowMs: number): boolean {
    return nowMs - receivedAtMs > QUIET_MS || this.#isDoubted(partsOf(series).venue, nowMs);
  }

  #isDoubted(venue: string, nowMs: number): boolean {
    const known = this.#doubted.get(venue);
    if (known && nowMs - known.atMs < DOUBT_KEPT_MS) return known.is;
    const is = venueDoubt(this.#live, this.#feeds, venue, nowMs) !== null;
    this.#doubted.set(venue, { atMs: nowMs, is });
    return is;
  }
}
