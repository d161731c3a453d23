/** All markets, live: changed rows go to the table past React. */
import { AgGridReact } from "ag-grid-react";
import type { CellClassParams, CellKeyDownEvent, ColDef, GridApi, RowClickedEvent } from "ag-grid-community";
import { useEffect, useMemo, useRef, useState } from "react";
import { type Feeds, venueDoubt } from "@/core/feeds";
import type { Live } from "@/core/live/live";
import { useServices } from "@/core/services";
import { type Ticker, type Tickers, venueOf } from "@/core/tickers";
import { useCellDisplay } from "@/core/useCellDisplay";
import { fits, NARROW, WIDE } from "@/features/markets/columns";
import { gridDefaults } from "@/shared/grid";
import styles from "./markets.module.css";

/** A market that traded nothing for this long is drawn quieter. */
const QUIET_MS = 60_000;

interface MarketsGridProps {
  readonly filter: string;
  readonly isNarrow: boolean;
  readonly onOpen: (series: string) => void;
  readonly onCount: (count: number) => void;
}

function follow(api: GridApi<Ticker>, tickers: Tickers, onCount: (count: number) => void): () => void {
  const known = new Set<string>();
  const take = (changed: readonly Ticker[]) => {
    const add = changed.filter(({ series }) => !known.has(series));
    for (const { series } of add) known.add(series);
    api.applyTransactionAsync({ add, update: add.length === 0 ? [...changed] : changed.filter((row) => !add.includes(row)) });
    if (add.length > 0) onCount(known.size);
  };
  take(tickers.rows);
  return tickers.follow(take);
}

/** Rows go quiet by themselves, and all of a venue with its feed or the connection. */
function quietRule(live: Live, feeds: Feeds) {
  return ({ data }: CellClassParams<Ticker>): boolean => {
    if (!data) return false;
    const nowMs = Date.now();
    return nowMs - data.receivedAtMs > QUIET_MS || venueDoubt(live, feeds, venueOf(data.series), nowMs) !== null;
  };
}

export default function MarketsGrid({ filter, isNarrow, onOpen, onCount }: MarketsGridProps) {
  const { tickers, live, feeds } = useServices();
  const [api, setApi] = useState<GridApi<Ticker> | null>(null);
  const context = useCellDisplay(api);
  const filterNow = useRef(filter);
  useEffect(() => (api ? follow(api, tickers, onCount) : undefined), [api, tickers, onCount]);
  useEffect(() => {
    filterNow.current = filter;
    api?.onFilterChanged();
  }, [api, filter]);
  const defaults = useMemo<ColDef<Ticker>>(
    () => ({ sortable: true, resizable: true, suppressHeaderMenuButton: true, cellClassRules: { quiet: quietRule(live, feeds) } }),
    [live, feeds],
  );
  const onKey = ({ event, data }: CellKeyDownEvent<Ticker>) => {
    if (data && event instanceof KeyboardEvent && event.key === "Enter") onOpen(data.series);
  };
  return (
    <div className={styles["grid"]} data-testid="markets-grid">
      <AgGridReact<Ticker>
        {...gridDefaults}
        context={context}
        columnDefs={isNarrow ? NARROW : WIDE}
        defaultColDef={defaults}
        getRowId={({ data }) => data.series}
        isExternalFilterPresent={() => filterNow.current !== ""}
        doesExternalFilterPass={({ data }) => data !== undefined && fits(data.series, filterNow.current)}
        onGridReady={(event) => setApi(event.api)}
        onGridPreDestroyed={() => setApi(null)}
        onRowClicked={({ data }: RowClickedEvent<Ticker>) => data && onOpen(data.series)}
        onCellKeyDown={(event) => "column" in event && onKey(event)}
        deltaSort
      />
    </div>
  );
}
