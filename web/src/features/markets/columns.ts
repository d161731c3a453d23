/** Columns of the markets' table. */
import type { ColDef } from "ag-grid-community";
import type { Display } from "@/core/display";
import { type Drawing, percentDrawing, quoteDrawing } from "@/core/drawings";
import { ageDrawing, figureCell } from "@/core/gridFigures";
import { marketOf, type Ticker, venueOf } from "@/core/tickers";
import { compare, type Decimal } from "@/shared/decimals";

const RIGHT = { headerClass: "ag-right-aligned-header", cellClass: "ag-right-aligned-cell" };

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

const tone = (direction: number): -1 | 0 | 1 => (direction > 0 ? 1 : direction < 0 ? -1 : 0);

const MARKET: ColDef<Ticker> = {
  headerName: "Market",
  colId: "Market",
  valueGetter: ({ data }) => (data ? marketOf(data.series) : ""),
  sort: "asc",
  minWidth: 106,
  flex: 1,
  cellClass: "strong-cell",
};
const VENUE: ColDef<Ticker> = {
  headerName: "Venue",
  colId: "Venue",
  valueGetter: ({ data }) => (data ? venueOf(data.series) : ""),
  minWidth: 90,
  flex: 0.6,
  cellClass: "capital-cell",
};
const LAST = figureColumn("Last", ({ last }) => last, ({ last, direction }, display) => quoteDrawing(display, last, { tone: tone(direction) }));
const BID = figureColumn("Bid", ({ bid }) => bid, ({ bid }, display) => quoteDrawing(display, bid));
const ASK = figureColumn("Ask", ({ ask }) => ask, ({ ask }, display) => quoteDrawing(display, ask));
const SPREAD = figureColumn("Spread", ({ spread }) => spread, ({ spread }, display) => percentDrawing(display, spread, { places: 4 }), {
  minWidth: 84,
  flex: 0.7,
});
const AGE: ColDef<Ticker> = {
  headerName: "Age",
  colId: "Age",
  valueGetter: ({ data }) => data?.receivedAtMs ?? 0,
  comparator: (left: number, right: number) => right - left,
  cellRenderer: figureCell<Ticker>(({ receivedAtMs }, display) => ageDrawing(display, new Date(receivedAtMs).toISOString())),
  minWidth: 64,
  width: 76,
  ...RIGHT,
};

export const WIDE = [MARKET, VENUE, LAST, BID, ASK, SPREAD, AGE];
const LAST_NARROW = figureColumn("Last", ({ last }) => last, ({ last, direction }, display) => quoteDrawing(display, last, { aligned: false, tone: tone(direction) }));
export const NARROW = [MARKET, LAST_NARROW, SPREAD, { ...AGE, width: 64 }];

/** Whether a series has every word of the filter in its name. */
export function fits(series: string, filter: string): boolean {
  const name = series.toLowerCase();
  return filter
    .toLowerCase()
    .split(/\s+/)
    .every((word) => name.includes(word));
}
