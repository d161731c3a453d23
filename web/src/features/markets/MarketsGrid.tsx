/** All markets of all venues, live: changed rows go to the table past React. */
import { AgGridReact } from "ag-grid-react";
import type { CellKeyDownEvent, ColDef, GridApi, RowClickedEvent } from "ag-grid-community";
import { useEffect, useMemo, useRef, useState } from "react";
import { useServices } from "@/core/services";
import type { Ticker } from "@/core/tickers";
import { useCellDisplay } from "@/core/useCellDisplay";
import { FACT_COLUMNS, narrowColumns, wideColumns } from "@/features/markets/columns";
import { type Facts, FactsNow, type Filter, fits, isOpenFilter, patternOf } from "@/features/markets/facts";
import { follow, isSortedBy, type Known, Quietness } from "@/features/markets/following";
import { gridDefaults } from "@/shared/grid";
import styles from "./markets.module.css";

const AGES = ["Age"];

interface MarketsGridProps {
  readonly filter: Filter;
  readonly facts: Facts;
  readonly isNarrow: boolean;
  readonly onOpen: (series: string) => void;
  readonly onKnown: (known: Known) => void;
  /** How many rows the filter leaves. */
  readonly onShown: (count: number) => void;
}

export default function MarketsGrid({ filter, facts, isNarrow, onOpen, onKnown, onShown }: MarketsGridProps) {
  const { tickers, live, feeds } = useServices();
  const [api, setApi] = useState<GridApi<Ticker> | null>(null);
  const context = useCellDisplay(api, AGES);
  const filterNow = useRef(filter);
  const [known] = useState(() => new FactsNow(facts));
  useEffect(() => (api ? follow(api, tickers, onKnown) : undefined), [api, tickers, onKnown]);
  const pattern = patternOf(filter);
  useEffect(() => tickers.narrow(pattern), [tickers, pattern]);
  useEffect(() => () => tickers.narrow(null), [tickers]);
  useEffect(() => {
    filterNow.current = filter;
    api?.onFilterChanged();
  }, [api, filter]);
  useEffect(() => {
    known.change(facts);
    if (!api) return;
    if (isSortedBy(api, (column) => FACT_COLUMNS.includes(column))) api.refreshClientSideRowModel("sort");
    api.refreshCells({ force: true, suppressFlash: true, columns: FACT_COLUMNS.filter((name) => api.getColumn(name)) });
  }, [api, facts, known]);
  const [quietness] = useState(() => new Quietness(live, feeds));
  useEffect(() => (api ? quietness.watch(api) : undefined), [api, quietness]);
  const columns = useMemo(() => (isNarrow ? narrowColumns : wideColumns)(known), [isNarrow, known]);
  useEffect(() => api?.redrawRows(), [api, columns]); // a phone that is turned draws its prices otherwise
  const defaults = useMemo<ColDef<Ticker>>(
    () => ({ sortable: true, resizable: true, suppressHeaderMenuButton: true, cellClassRules: { quiet: quietness.rule } }),
    [quietness],
  );
  const onKey = ({ event, data }: CellKeyDownEvent<Ticker>) => {
    if (data && event instanceof KeyboardEvent && event.key === "Enter") onOpen(data.series);
  };
  return (
    <div className={styles["grid"]} data-testid="markets-grid">
      <AgGridReact<Ticker>
        {...gridDefaults}
        context={context}
        columnDefs={columns}
        defaultColDef={defaults}
        getRowId={({ data }) => data.series}
        isExternalFilterPresent={() => !isOpenFilter(filterNow.current)}
        doesExternalFilterPass={({ data }) => data !== undefined && fits(data.series, filterNow.current)}
        onGridReady={(event) => setApi(event.api)}
        onGridPreDestroyed={() => setApi(null)}
        onModelUpdated={(event) => onShown(event.api.getDisplayedRowCount())}
        onRowClicked={({ data }: RowClickedEvent<Ticker>) => data && onOpen(data.series)}
        onCellKeyDown={(event) => "column" in event && onKey(event)}
        deltaSort
      />
    </div>
  );
}
