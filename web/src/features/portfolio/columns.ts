/** Columns of the portfolio's tables. Values are decimal texts: they sort by value and flash when they change. */
import type { ColDef } from "ag-grid-community";
import type { ComponentType } from "react";
import type { ICellRendererParams } from "ag-grid-community";
import * as cells from "@/features/portfolio/cells";
import { isUnproven, type Row, type View } from "@/features/portfolio/rows";
import { compare, type Decimal } from "@/shared/decimals";

type Read = (row: Row) => Decimal | null;

function figureColumn(headerName: string, read: Read, cellRenderer: ComponentType<ICellRendererParams<Row>>, more: ColDef<Row> = {}): ColDef<Row> {
  return {
    headerName,
    colId: headerName,
    type: "rightAligned",
    headerClass: "ag-right-aligned-header",
    valueGetter: ({ data }) => (data ? read(data) : null),
    cellRenderer,
    comparator: (left, right) => compare(left as Decimal | null, right as Decimal | null),
    enableCellChangeFlash: true,
    minWidth: 110,
    flex: 1,
    ...more,
    cellClass: [...(Array.isArray(more.cellClass) ? (more.cellClass) : []), "ag-right-aligned-cell"],
  };
}

const age = (headerName: string, read: (row: Row) => string | null, cellRenderer: ComponentType<ICellRendererParams<Row>>): ColDef<Row> => ({
  headerName,
  colId: headerName,
  valueGetter: ({ data }) => (data ? read(data) : null),
  cellRenderer,
  width: 82,
  minWidth: 82,
  headerClass: "ag-right-aligned-header",
  cellClass: "ag-right-aligned-cell",
});

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
const QUANTITY = figureColumn("Quantity", (row) => row.quantity, cells.QuantityCell, { minWidth: 165 });
const PRICE = figureColumn("Price", (row) => row.price, cells.PriceCell, { minWidth: 150 });
const PRICED = age("Priced", (row) => row.pricedAt, cells.PricedCell);
const VALUE = figureColumn("Value", (row) => row.value, cells.ValueCell, { sort: "desc", minWidth: 120 });
const SHARE = figureColumn("Share", (row) => row.shareRatio, cells.ShareCell, { minWidth: 84, flex: 0.6 });
const COST = figureColumn("Average cost", (row) => row.averageCost, cells.CostCell, { cellClassRules: hatch, minWidth: 150 });
const GAIN = figureColumn("Unrealised", (row) => row.gain?.pnl ?? null, cells.GainCell, { cellClassRules: hatch, minWidth: 115 });
const GAIN_PERCENT = figureColumn("Unrealised %", (row) => row.gain?.percent ?? null, cells.GainPercentCell, { minWidth: 100, flex: 0.7 });
const REALISED = figureColumn("Realised", (row) => row.realised, cells.RealisedCell, { minWidth: 115 });
const UNPROVEN = figureColumn("Unproven", (row) => row.unproven, cells.UnprovenCell, { cellClassRules: hatch, minWidth: 130 });
const DIFFERENCE = figureColumn("Venue less ledger", (row) => row.difference, cells.DifferenceCell, { minWidth: 130 });
const REPORTED = age("Reported", (row) => row.reportedAt, cells.ReportedCell);

export const COLUMNS: Readonly<Record<View, ColDef<Row>[]>> = {
  assets: [ASSET, QUANTITY, PRICE, PRICED, VALUE, SHARE, COST, GAIN, GAIN_PERCENT, REALISED, UNPROVEN],
  holdings: [ASSET, ACCOUNT, QUANTITY, DIFFERENCE, REPORTED, PRICE, PRICED, VALUE, COST, GAIN, GAIN_PERCENT, REALISED, UNPROVEN],
};
