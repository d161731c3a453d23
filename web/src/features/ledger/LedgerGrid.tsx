/** The ledger as one endless table: rows are read as they come into view. */
import { AgGridReact } from "ag-grid-react";
import type { CellKeyDownEvent, ColDef, GetRowIdFunc, GridApi, ICellRendererParams, IDatasource, RowClickedEvent } from "ag-grid-community";
import { type ComponentType, useEffect, useMemo, useState } from "react";
import type { Entry } from "@/core/contracts";
import { useServices } from "@/core/services";
import * as cells from "@/features/ledger/cells";
import { followNews } from "@/features/ledger/news";
import { LedgerPages, type ReadPage } from "@/features/ledger/pages";
import { gridDefaults } from "@/shared/grid";
import styles from "./ledger.module.css";

export const PAGE_ROWS = 200;
const BLOCKS_KEPT = 12;

const RIGHT = { headerClass: "ag-right-aligned-header", cellClass: "ag-right-aligned-cell" };
const asset = (headerName: string, cellRenderer: ComponentType<ICellRendererParams<Entry>>): ColDef<Entry> => ({ headerName, cellRenderer, width: 68, flex: 0 });
const DEFAULTS: ColDef<Entry> = { sortable: false, resizable: true, suppressHeaderMenuButton: true, suppressMovable: true };

const columnsFor = (labels: ReadonlyMap<string, string>): ColDef<Entry>[] => [
  { headerName: "Time", cellRenderer: cells.TimeCell, width: 166 },
  { headerName: "Account", valueGetter: ({ data }) => (data ? (labels.get(data.account_id) ?? data.account_id.slice(0, 8)) : ""), minWidth: 120, flex: 0.8 },
  { headerName: "What", cellRenderer: cells.WhatCell, width: 92 },
  { headerName: "Instrument", valueGetter: ({ data }) => data?.instrument ?? "", minWidth: 150, flex: 0.8 },
  { headerName: "Amount", cellRenderer: cells.AmountCell, minWidth: 150, flex: 1, ...RIGHT },
  asset("Asset", cells.AssetCell),
  { headerName: "For", cellRenderer: cells.QuoteCell, minWidth: 150, flex: 1, ...RIGHT },
  asset("Of", cells.QuoteAssetCell),
  { headerName: "Fee", cellRenderer: cells.FeeCell, minWidth: 120, flex: 0.8, ...RIGHT },
  asset("In", cells.FeeAssetCell),
  { headerName: "Source", valueGetter: ({ data }) => data?.source ?? "", width: 116 },
  { headerName: "No.", cellRenderer: cells.SequenceCell, width: 86, ...RIGHT },
  { headerName: "Hash", cellRenderer: cells.HashCell, width: 120 },
];

/** The pages as AG Grid asks for them: by rows, in blocks of one page. */
function datasourceOf(pages: LedgerPages, onRead: (outcome: unknown) => void): IDatasource {
  return {
    getRows: (block) => {
      const { startRow } = block;
      pages.page(startRow / PAGE_ROWS).then(
        ({ items, isLast }) => {
          block.successCallback([...items], isLast ? startRow + items.length : -1);
          onRead(startRow + items.length);
        },
        (thrown: unknown) => {
          block.failCallback();
          onRead(thrown);
        },
      );
    },
  };
}

interface LedgerGridProps {
  readonly read: ReadPage;
  readonly labels: ReadonlyMap<string, string>;
  readonly onOpen: (entry: Entry) => void;
  /** Told after each block: how many rows are known, or what was thrown. */
  readonly onRead: (outcome: unknown) => void;
  /** Told how many entries are new while the head is out of sight; in sight it is read again. */
  readonly onNews: (count: number) => void;
}

const rowId: GetRowIdFunc<Entry> = ({ data }) => data.entry_id;

export default function LedgerGrid({ read, labels, onOpen, onRead, onNews }: LedgerGridProps) {
  const { ledger } = useServices();
  const [api, setApi] = useState<GridApi<Entry> | null>(null);
  const pages = useMemo(() => new LedgerPages(read), [read]);
  const datasource = useMemo(() => datasourceOf(pages, onRead), [pages, onRead]);
  useEffect(() => {
    if (!api) return undefined;
    return followNews(ledger, (count) => {
      if (api.getFirstDisplayedRowIndex() >= PAGE_ROWS) return onNews(count);
      pages.forget();
      api.refreshInfiniteCache();
    });
  }, [api, ledger, pages, onNews]);
  const columns = useMemo(() => columnsFor(labels), [labels]);
  const onKey = ({ event, data }: CellKeyDownEvent<Entry>) => {
    if (data && event instanceof KeyboardEvent && event.key === "Enter") onOpen(data);
  };
  return (
    <div className={styles["grid"]} data-testid="ledger-grid">
      <AgGridReact<Entry>
        {...gridDefaults}
        rowModelType="infinite"
        datasource={datasource}
        cacheBlockSize={PAGE_ROWS}
        maxBlocksInCache={BLOCKS_KEPT}
        maxConcurrentDatasourceRequests={1}
        infiniteInitialRowCount={1}
        cacheOverflowSize={PAGE_ROWS}
        getRowId={rowId}
        onGridReady={(event) => setApi(event.api)}
        onGridPreDestroyed={() => setApi(null)}
        columnDefs={columns}
        defaultColDef={DEFAULTS}
        onRowClicked={({ data }: RowClickedEvent<Entry>) => data && onOpen(data)}
        onCellKeyDown={(event) => "column" in event && onKey(event)}
      />
    </div>
  );
}
