/** Columns of the portfolio's tables. Values are decimal texts: they sort by value and flash when they change. */
import type { ColDef } from "ag-grid-community";
import * as drawings from "@/core/drawings";
import type { Display } from "@/core/display";
import { ageDrawing, figureCell } from "@/core/gridFigures";
import * as cells from "@/features/portfolio/cells";
import { isUnproven, type Row, type View } from "@/features/portfolio/rows";
import { toPercent } from "@/shared/arithmetic";
import { compare, type Decimal } from "@/shared/decimals";

type Read = (row: Row) => Decimal | null;
type Draw = (row: Row, display: Display) => drawings.Drawing;

function figureColumn(headerName: string, read: Read, draw: Draw, more: ColDef<Row> = {}): ColDef<Row> {
  return {
    headerName,
    colId: headerName,
    type: "rightAligned",
    headerClass: "ag-right-aligned-header",
    valueGetter: ({ data }) => (data ? read(data) : null),
    cellRenderer: figureCell<Row>(draw),
    comparator: (left, right) => compare(left as Decimal | null, right as Decimal | null),
    enableCellChangeFlash: true,
    minWidth: 110,
    flex: 1,
    ...more,
    cellClass: [...(Array.isArray(more.cellClass) ? more.cellClass : []), "ag-right-aligned-cell"],
  };
}

const age = (headerName: string, read: (row: Row) => string | null, why: (row: Row) => string): ColDef<Row> => ({
  headerName,
  colId: headerName,
  valueGetter: ({ data }) => (data ? read(data) : null),
  cellRenderer: figureCell<Row>((row, display) => ageDrawing(display, read(row), why(row))),
  width: 82,
  minWidth: 82,
  headerClass: "ag-right-aligned-header",
  cellClass: "ag-right-aligned-cell",
});

/** Columns whose text changes with the time of day. */
export const AGES = ["Priced", "Reported"];

const hatch: ColDef<Row>["cellClassRules"] = { hatched: ({ data }) => data !== undefined && isUnproven(data) };

const ASSET: ColDef<Row> = { headerName: "Asset", field: "asset", cellRenderer: cells.AssetCell, minWidth: 150, flex: 1.2, pinned: "left" };
const ACCOUNT: ColDef<Row> = {
  headerName: "Account",
  colId: "Account",
  valueGetter: ({ data }) => data?.account?.label ?? "",
  cellRenderer: cells.AccountCell,
  minWidth: 130,
  flex: 1,
};
const QUANTITY = figureColumn("Quantity", (row) => row.quantity, (row, display) => drawings.amountDrawing(display, row.quantity), { minWidth: 165 });
const PRICE = figureColumn("Price", (row) => row.price, (row, display) => drawings.priceDrawing(display, row.price), { minWidth: 150 });
const PRICED = age("Priced", (row) => row.pricedAt, (row) => (row.price === null ? "No price is known" : "The portfolio is counted in it"));
const VALUE = figureColumn("Value", (row) => row.value, (row, display) => drawings.valueDrawing(display, row.value), { sort: "desc", minWidth: 120 });
const SHARE = figureColumn(
  "Share",
  (row) => row.shareRatio,
  (row, display) => drawings.percentDrawing(display, row.shareRatio === null ? null : toPercent(row.shareRatio)),
  { minWidth: 84, flex: 0.6 },
);
const COST = figureColumn("Average cost", (row) => row.averageCost, (row, display) => drawings.costDrawing(display, row.averageCost), {
  cellClassRules: hatch,
  minWidth: 150,
});
const GAIN = figureColumn(
  "Unrealised",
  (row) => row.gain?.pnl ?? null,
  (row, display) => drawings.valueDrawing(display, row.gain?.pnl ?? null, { signed: true, why: "Needs a price and a proven cost" }),
  { cellClassRules: hatch, minWidth: 115 },
);
const GAIN_PERCENT = figureColumn(
  "Unrealised %",
  (row) => row.gain?.percent ?? null,
  (row, display) => drawings.percentDrawing(display, row.gain?.percent ?? null, { signed: true }),
  { minWidth: 100, flex: 0.7 },
);
const REALISED = figureColumn(
  "Realised",
  (row) => row.realised,
  (row, display) => drawings.valueDrawing(display, row.realised, { signed: true, why: "Nothing was sold yet, or no rate is known" }),
  { minWidth: 115 },
);
const UNPROVEN = figureColumn(
  "Unproven",
  (row) => row.unproven,
  (row, display) => (isUnproven(row) ? drawings.amountDrawing(display, row.unproven) : { kind: "unknown", why: "Every cost is proven" }),
  { cellClassRules: hatch, minWidth: 130 },
);
const DIFFERENCE = {
  ...figureColumn("Venue less ledger", (row) => row.difference, (row, display) => drawings.amountDrawing(display, row.difference), { minWidth: 130 }),
  cellRenderer: cells.DifferenceCell,
};
const REPORTED = age("Reported", (row) => row.reportedAt, () => "The venue has not reported this balance");

export const COLUMNS: Readonly<Record<View, ColDef<Row>[]>> = {
  assets: [ASSET, QUANTITY, PRICE, PRICED, VALUE, SHARE, COST, GAIN, GAIN_PERCENT, REALISED, UNPROVEN],
  holdings: [ASSET, ACCOUNT, QUANTITY, DIFFERENCE, REPORTED, PRICE, PRICED, VALUE, COST, GAIN, GAIN_PERCENT, REALISED, UNPROVEN],
};
