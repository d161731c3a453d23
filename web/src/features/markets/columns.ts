/** Columns of the markets' table. */
import type { ColDef, ICellRendererComp, ICellRendererParams } from "ag-grid-community";
import type { Display } from "@/core/display";
import { type Drawing, percentDrawing, quoteDrawing } from "@/core/drawings";
import { ageDrawing, figureCell } from "@/core/gridFigures";
import type { Ticker } from "@/core/tickers";
import { type Facts, type FactsNow, partsOf } from "@/features/markets/facts";
import { venueName } from "@/core/venue_names";
import { compare, type Decimal, decimal } from "@/shared/decimals";

const RIGHT = { headerClass: "ag-right-aligned-header", cellClass: "ag-right-aligned-cell" };
const NO_DAY = "No bars of this market's last day are stored";
const NO_CAP = "It is not proven which listed coin this is, or it is not among the thousand largest";

type Read = (row: Ticker) => Decimal | null;
type Draw = (row: Ticker, display: Display) => Drawing;

const figureColumn = (headerName: string, read: Read, draw: Draw, more: ColDef<Ticker> = {}): ColDef<Ticker> => ({
  headerName,
  colId: headerName,
  valueGetter: ({ data }) => (data ? read(data) : null),
  comparator: (left, right) => compare(left as Decimal | null, right as Decimal | null),
  cellRenderer: figureCell<Ticker>(draw),
  enableCellChangeFlash: true,
  minWidth: 104,
  flex: 1,
  ...RIGHT,
  ...more,
});

/** A column of what is shown only; what is not known comes last, whichever way it is sorted. */
const numberColumn = (headerName: string, read: (row: Ticker) => number | null, draw: Draw, more: ColDef<Ticker>): ColDef<Ticker> => ({
  headerName,
  colId: headerName,
  valueGetter: ({ data }) => (data ? read(data) : null),
  comparator: compareNumbers,
  cellRenderer: figureCell<Ticker>(draw),
  ...RIGHT,
  ...more,
});

export function compareNumbers(left: number | null, right: number | null, _one?: unknown, _two?: unknown, isDescending = false): number {
  if (left === null || right === null) {
    const nullsLast = left === right ? 0 : left === null ? 1 : -1;
    return isDescending ? -nullsLast : nullsLast;
  }
  return left - right;
}

const tone = (direction: number): -1 | 0 | 1 => (direction > 0 ? 1 : direction < 0 ? -1 : 0);

const compacts = new Map<string, Intl.NumberFormat>();

/** `1.83T`, `412.6M`: a size for people, its title in full. */
export function compactText(value: number, locale: string): string {
  const known = compacts.get(locale) ?? new Intl.NumberFormat(locale, { notation: "compact", maximumSignificantDigits: 4 });
  compacts.set(locale, known);
  return known.format(value);
}

const sizeDrawing = (display: Display, value: number | null, unit: string, why: string): Drawing =>
  value === null ? { kind: "unknown", why } : { kind: "text", text: compactText(value, display.locale), title: `${value.toLocaleString(display.locale, { maximumFractionDigits: 0 })} ${unit}` };

const percentOf = (display: Display, value: number | null, why: string): Drawing =>
  value === null || !Number.isFinite(value) ? { kind: "unknown", why } : percentDrawing(display, decimal(value.toFixed(2)), { signed: true });

/** A phone has no column for the venue: it stands beside the market. */
class MarketWithVenue implements ICellRendererComp<Ticker> {
  readonly #element = document.createElement("span");

  init({ data }: ICellRendererParams<Ticker>): void {
    if (!data) return;
    const { market, venue } = partsOf(data.series);
    const at = document.createElement("small");
    at.className = "venue-beside";
    at.textContent = venue.slice(0, 3).toUpperCase();
    at.title = venueName(venue);
    this.#element.append(market, at);
  }

  getGui(): HTMLElement {
    return this.#element;
  }

  refresh(): boolean {
    return true;
  }
}

const MARKET: ColDef<Ticker> = {
  headerName: "Market",
  colId: "Market",
  valueGetter: ({ data }) => (data ? partsOf(data.series).market : ""),
  sort: "asc",
  minWidth: 106,
  flex: 1,
  cellClass: "strong-cell",
};
const VENUE: ColDef<Ticker> = {
  headerName: "Venue",
  colId: "Venue",
  valueGetter: ({ data }) => (data ? venueName(partsOf(data.series).venue) : ""),
  minWidth: 82,
  flex: 0.6,
  cellClass: "dim-cell",
};
const LAST = figureColumn("Last", ({ last }) => last, ({ last, direction }, display) => quoteDrawing(display, last, { tone: tone(direction) }));
const BID = figureColumn("Bid", ({ bid }) => bid, ({ bid }, display) => quoteDrawing(display, bid));
const ASK = figureColumn("Ask", ({ ask }) => ask, ({ ask }, display) => quoteDrawing(display, ask));
const SPREAD = figureColumn("Spread", ({ spread }) => spread, ({ spread }, display) => percentDrawing(display, spread, { places: 3 }), {
  minWidth: 76,
  flex: 0.5,
});
const AGE: ColDef<Ticker> = {
  headerName: "Age",
  colId: "Age",
  valueGetter: ({ data }) => data?.receivedAtMs ?? 0,
  comparator: (left: number, right: number) => right - left,
  cellRenderer: figureCell<Ticker>(({ receivedAtMs }, display) => ageDrawing(display, new Date(receivedAtMs).toISOString())),
  minWidth: 58,
  width: 66,
  ...RIGHT,
};
const LAST_NARROW = figureColumn("Last", ({ last }) => last, ({ last, direction }, display) => quoteDrawing(display, last, { aligned: false, tone: tone(direction) }), { minWidth: 106 });

/** Columns of facts. */
export const FACT_COLUMNS = ["24 h", "Volume", "Cap $", "Rank"];

/** What changes without a price: the facts are asked for when a cell is drawn. */
const factColumns = (known: FactsNow) => ({
  change: numberColumn("24 h", (row) => known.current.changeOf(row), (row, display) => percentOf(display, known.current.changeOf(row), NO_DAY), { minWidth: 76, flex: 0.5 }),
  volume: numberColumn("Volume", (row) => known.current.volumeOf(row), (row, display) => sizeDrawing(display, known.current.volumeOf(row), partsOf(row.series).quote, NO_DAY), {
    minWidth: 76,
    flex: 0.5,
  }),
  cap: numberColumn("Cap $", (row) => capOf(known.current, row), (row, display) => sizeDrawing(display, capOf(known.current, row), "USD", NO_CAP), { minWidth: 72, flex: 0.5 }),
  rank: numberColumn("Rank", (row) => known.current.capOf(row.series)?.rank ?? null, (row) => rankDrawing(known.current, row), { minWidth: 58, width: 62 }),
});

function capOf(facts: Facts, row: Ticker): number | null {
  const told = facts.capOf(row.series)?.market_cap ?? null;
  return told === null ? null : Number(told);
}

function rankDrawing(facts: Facts, { series }: Ticker): Drawing {
  const cap = facts.capOf(series);
  return cap === null ? { kind: "unknown", why: NO_CAP } : { kind: "text", text: cap.rank.toString(), title: `${cap.name}, rank ${cap.rank} by market capitalisation` };
}

export function wideColumns(known: FactsNow): ColDef<Ticker>[] {
  const { change, volume, cap, rank } = factColumns(known);
  return [MARKET, VENUE, LAST, change, BID, ASK, SPREAD, volume, cap, rank, AGE];
}

export function narrowColumns(known: FactsNow): ColDef<Ticker>[] {
  const { change } = factColumns(known);
  return [{ ...MARKET, cellRenderer: MarketWithVenue, flex: 1.4 }, LAST_NARROW, { ...change, minWidth: 84, flex: 0.4 }, { ...AGE, minWidth: 54, width: 56 }];
}
